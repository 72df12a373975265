"""States of jobs that stopped short of their stage's end: given up, put off, cancelled."""

import pytest
from support.kafka.messages import SUBMITTED_AT, message, profile_done, submission

from headway.declared.pipeline import Pipeline
from headway.wire.codec import Codec
from headway.wire.envelope import (
    MOST_DETAIL_CHARACTERS,
    MOST_STEPS,
    Envelope,
    encode_envelope,
    grown,
    step_of,
)
from headway.wire.records import StageRecords

_QUEUED = step_of("QUEUED", 1, SUBMITTED_AT)
_ERROR = {
    "stage": "p2",
    "error_class": "StoreUnavailable",
    "message": "the store is away",
    "retry_available": True,
    "dead_letter": None,
}
_PLACE = {"topic": "p2.retry.1", "partition": 2, "offset": 30}


@pytest.fixture
def profiled(last: StageRecords) -> Envelope:
    """A job in the second stage, opened."""
    return last.open(message(profile_done()))[0]


def test_a_job_put_off_says_until_when_and_where_it_waits(
    last: StageRecords, codec: Codec, profiled: Envelope, pipeline: Pipeline
) -> None:
    """It is not over: its rank is that of a running job, so its next run is no step back."""
    # Given a job whose handler ran from 3 to 5
    told = last.states.postponement(profiled, 5, "StoreUnavailable: away", began=3)

    # When it is to be tried again at 9000, for the second time
    data = last.states.retry_scheduled(
        told, 5, error=_ERROR, due_at=9000, tries=2, waits_at=_PLACE, reached=84
    )
    state = codec.decode(data, "job-state")

    # Then everything that is known of it is in its state
    assert (state["status"], state["step"], state["terminal"]) == ("RETRY_SCHEDULED", 0, False)
    assert (state["stage"], state["stage_index"]) == ("p2", pipeline.stage("p2").index)
    assert (state["due_at"], state["tries"], state["waits_at"]) == (9000, 2, _PLACE)
    assert (state["progress"], state["error"], state["updated_at"]) == (84, _ERROR, 5)
    assert state["timeline"] == [
        _QUEUED,
        step_of("PROCESS_2_RUNNING", 1, 3),
        step_of("RETRY_SCHEDULED", 1, 5, "StoreUnavailable: away"),
    ]


def test_an_attempt_that_was_only_just_opened_waits_without_an_error(
    first: StageRecords, codec: Codec
) -> None:
    """A redrive: the next attempt has not failed yet, and its percent is that of its stage."""
    # Given a second attempt, of which nothing has run
    opened, _ = first.open(message(submission(attempt=2)))
    told = first.states.postponement(opened, 5, "tried again: by ops")

    # When it is put off, then it waits, and there is no step of a run
    data = first.states.retry_scheduled(told, 5, error=None, due_at=6, tries=0, waits_at=_PLACE)
    state = codec.decode(data, "job-state")
    assert (state["attempt"], state["error"], state["progress"]) == (2, None, 30)
    reached = [(step["status"], step["detail"]) for step in state["timeline"]]
    assert reached == [("QUEUED", None), ("RETRY_SCHEDULED", "tried again: by ops")]


@pytest.mark.parametrize(("began", "ran"), [(0, []), (4, [step_of("PROCESS_2_RUNNING", 1, 4)])])
def test_a_cancelled_job_is_over_and_says_who_asked(
    last: StageRecords, codec: Codec, profiled: Envelope, began: int, ran: list[dict[str, object]]
) -> None:
    """Nothing went wrong with it: there is no letter, and trying again is not offered."""
    # Given a job that waits or that runs, when it is cancelled
    data = last.states.cancelled(profiled, 7, "cancelled by ana", began=began, reached=75)
    state = codec.decode(data, "job-state")

    # Then it is over for good, where it had come to
    assert (state["status"], state["step"], state["terminal"]) == ("CANCELLED", 1, True)
    assert (state["progress"], state["result"], state["due_at"]) == (75, [], None)
    assert state["error"] == {
        "stage": "p2",
        "error_class": "Cancelled",
        "message": "cancelled by ana",
        "retry_available": False,
        "dead_letter": None,
    }
    assert state["timeline"] == [_QUEUED, *ran, step_of("CANCELLED", 1, 7, "cancelled by ana")]


def test_a_job_that_fails_without_a_run_has_no_step_of_one(
    last: StageRecords, codec: Codec, profiled: Envelope
) -> None:
    """A record the handler never saw fails as what it is."""
    # Given a job that no handler was called for
    told = last.states.failure(profiled, 5, "WorkerCrashed: three times")

    # When it fails, then FAILED follows what was before
    state = codec.decode(last.states.failed(told, 5, _ERROR), "job-state")
    assert state["timeline"] == [_QUEUED, step_of("FAILED", 1, 5, "WorkerCrashed: three times")]
    assert (state["due_at"], state["tries"], state["waits_at"]) == (None, 0, None)


def test_telling_a_step_leaves_the_envelope_as_it_was(
    last: StageRecords, profiled: Envelope
) -> None:
    """The same job is told running, put off and failed from one envelope."""
    # Given a job, when steps of it are told, then it has none of them
    last.states.failure(profiled, 5, "E: m", began=3)
    last.states.postponement(profiled, 5, "E: m", began=3)
    last.states.cancelled(profiled, 5, "m", began=3)
    assert profiled["timeline"] == [_QUEUED]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (None, None),
        ("", ""),
        ("E: m", "E: m"),
        ("x" * MOST_DETAIL_CHARACTERS, "x" * MOST_DETAIL_CHARACTERS),
        ("x" * 9999, "x" * (MOST_DETAIL_CHARACTERS - 1) + "…"),
        ("half \ud83d", "half \ufffd"),
    ],
)
def test_a_detail_is_told_as_text_that_fits(said: str | None, told: str | None) -> None:
    """Whatever an error says, its step can be written and read."""
    # Given a step of which that is to be said, when it is made and encoded, then it fits
    step = step_of("FAILED", 1, 5, said)
    assert step["detail"] == told
    job = {"job_id": "j", "attempt": 1, "title": "t", "submitted_at": 1, "submitted_offset": 1}
    assert len(encode_envelope({**job, "timeline": [step]})) < 2 * MOST_DETAIL_CHARACTERS + 100


@pytest.mark.parametrize("had", [0, 1, MOST_STEPS - 2, MOST_STEPS - 1, MOST_STEPS, 200])
def test_of_more_steps_than_a_job_carries_the_first_and_the_newest_stay(
    profiled: Envelope, had: int
) -> None:
    """Where the job began and what became of it are never what is left out."""
    # Given a job of so many steps
    before = [step_of("S", 1, at, f"step {at}") for at in range(had)]

    # When two more are told
    ran, failed = step_of("R", 1, 1000), step_of("FAILED", 1, 1001, "E: m")
    timeline = grown(profiled | {"timeline": before}, ran, failed)["timeline"]

    # Then the newest are behind the first, in their order
    every = [*before, ran, failed]
    assert timeline[0] == every[0]
    assert timeline[1:] == every[1:][-(MOST_STEPS - 1) :]
