"""The judge of the chaos tests knows how every job had to end; the rest is the product's audit."""

from support.audit import wrong_ends

from headway.declared.pipeline import Pipeline

_LAST = Pipeline.load().stages[-1].name


def test_a_job_that_ended_as_it_had_to_is_no_fault() -> None:
    """COMPLETED, or FAILED in the stage that was to fail."""
    # Given the newest states of two jobs
    newest = {
        "a": {"status": "COMPLETED", "stage": _LAST},
        "b": {"status": "FAILED", "stage": "p1"},
    }

    # When they ended as they had to, then nothing is found
    assert list(wrong_ends(newest, {"a": None, "b": "p1"})) == []


def test_a_job_that_failed_or_did_not_against_expectation_is_found() -> None:
    """The judge is told which jobs were to fail, and where."""
    # Given a job that FAILED in p1, one that is COMPLETED, and one nobody knows
    newest = {
        "a": {"status": "FAILED", "stage": "p1"},
        "b": {"status": "COMPLETED", "stage": _LAST},
    }

    # When another end was expected of each, then that is named
    assert len(list(wrong_ends(newest, {"a": None, "b": "p1", "c": None}))) == 3
    assert len(list(wrong_ends(newest, {"a": "p2"}))) == 1
