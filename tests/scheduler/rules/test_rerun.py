"""Which failed jobs are sent back, and when."""

from typing import Any

import pytest
from support.kafka.messages import SUBMITTED_AT
from support.scheduling.states import failed, failures, job, state

from scheduler.pending.item import Item
from scheduler.rules.rerun import Again, Rerun
from scheduler.rules.rule import Named

_MINUTE = 60_000
_NAMED = Named(name="away", kind="rerun", about="x")
_AGAIN = Again(
    after_ms=(5 * _MINUTE, 60 * _MINUTE),
    times=3,
    within_ms=24 * 60 * _MINUTE,
    errors=frozenset({"StoreUnavailable"}),
)


def _wanted(value: dict[str, Any], again: Again = _AGAIN) -> Item | None:
    return Rerun(_NAMED, again, "FAILED").wants(job(value))


def test_a_job_that_failed_waits_for_its_delay() -> None:
    """From the moment at which it failed."""
    # Given a job that failed, when it is asked for, then it waits for the first delay
    wanted = _wanted(failed(updated_at=SUBMITTED_AT))
    assert wanted == Item(SUBMITTED_AT + 5 * _MINUTE, "job-1", "away", 1, "p1")


def test_each_failure_in_a_row_waits_for_the_next_delay_and_the_last_is_repeated() -> None:
    """Whoever sent it back in between."""
    # Given a job whose second and third attempts failed too
    for ends, minutes in (((0, 10), 60), ((0, 10, 20), 60)):
        at = SUBMITTED_AT + ends[-1]
        row = failures(*(SUBMITTED_AT + end for end in ends))

        # When it is asked for, then it waits for the delay of that failure
        wanted = _wanted(failed(updated_at=at, attempt=len(ends), timeline=row))
        assert wanted is not None
        assert wanted.due_at == at + minutes * _MINUTE


@pytest.mark.parametrize(
    "value",
    [
        state(status="COMPLETED"),
        failed(error_class="DecodeError"),
        failed(retry_available=False),
        failed(error={**failed()["error"], "dead_letter": None}),
        failed(attempt=4, timeline=failures(*([SUBMITTED_AT] * 4))),
        failed(
            updated_at=SUBMITTED_AT + 24 * 60 * _MINUTE,
            attempt=2,
            timeline=failures(SUBMITTED_AT, SUBMITTED_AT + 24 * 60 * _MINUTE),
        ),
    ],
    ids=["done", "another error", "its own fault", "no dead letter", "too often", "too long"],
)
def test_a_job_that_nothing_would_help_is_left_alone(value: dict[str, Any]) -> None:
    """It is done, it is its own fault, or it was tried often and long enough."""
    # Given such a job, when it is asked for, then nothing waits
    assert _wanted(value) is None


def test_an_end_that_was_none_ends_the_row() -> None:
    """A job that was done well since is counted from there."""
    # Given a job that failed, was done, and was sent through again
    row = failures(SUBMITTED_AT, SUBMITTED_AT + 1, SUBMITTED_AT + 2, SUBMITTED_AT + 3)
    row[2]["status"] = "COMPLETED"

    # When it is asked for, then it is the first failure
    wanted = _wanted(failed(attempt=4, timeline=row, updated_at=SUBMITTED_AT + 3))
    assert wanted is not None
    assert wanted.due_at == SUBMITTED_AT + 3 + 5 * _MINUTE


def test_a_rule_of_a_stage_is_for_that_stage() -> None:
    """The others have rules of their own, or none."""
    # Given a rule of the second stage
    again = Again(after_ms=(1,), times=1, within_ms=1, stages=frozenset({"p2"}))

    # When jobs of both are asked for, then it is for its own
    assert _wanted(failed(stage="p1"), again) is None
    assert _wanted(failed(stage="p2"), again) is not None
