"""`POST /jobs/{id}/release`, `/reprocess`, `/forget`: what they name, when they are refused."""

from collections.abc import Callable

import httpx
import pytest
from support.gateway.memory import FakePublisher
from support.gateway.problems import kind_of, problem_in
from support.gateway.status import FakeStatus

from headway.wire.codec import Codec

Ask = Callable[..., httpx.Response]


@pytest.mark.parametrize(
    ("path", "status_", "terminal", "from_stage"),
    [
        ("/jobs/j1/release", "SCHEDULED", False, ""),
        ("/jobs/j1/reprocess", "COMPLETED", True, "p1"),
        ("/jobs/j1/reprocess?from=p2", "CANCELLED", True, "p2"),
        ("/jobs/j1/forget", "FAILED", True, ""),
    ],
)
def test_what_a_command_names_is_asked_of_status(
    ask: Ask,
    publisher: FakePublisher,
    status: FakeStatus,
    codec: Codec,
    *,
    path: str,
    status_: str,
    terminal: bool,
    from_stage: str,
) -> None:
    """The attempt, the stage that holds the job or ended it, and where its state lies."""
    # Given a job that its second stage holds, or has ended
    status.is_at(
        "j1", status_, terminal=terminal, attempt=3, stage="p2", partition=4, state_offset=17
    )

    # When something is asked of it, without a word more
    answer = ask("POST", path)

    # Then the record names what it is at
    assert answer.status_code == 202
    assert answer.json().get("from", "") == from_stage
    (value,) = [codec.decode(value, "job-command") for _, value in publisher.records]
    assert (value["kind"], value["attempt"], value["stage"]) == (answer.json()["kind"], 3, "p2")
    assert (value["from_stage"], value["state_offset"]) == (from_stage, 17)
    assert publisher.partitions == [4]


def test_a_job_in_no_state_for_it_is_refused(
    ask: Ask, published: list[tuple[str, bytes]], status: FakeStatus
) -> None:
    """409 says what it is, and what to do first."""
    # Given a job at work, and one that is done
    status.is_at("busy", "PROCESS_1_RUNNING", stage="p1")
    status.is_at("done", "COMPLETED", terminal=True, stage="p2")

    # When what does not fit is asked of them
    answers = [
        ask("POST", "/jobs/busy/release"),
        ask("POST", "/jobs/done/release"),
        ask("POST", "/jobs/busy/forget"),
        ask("POST", "/jobs/busy/reprocess"),
        ask("POST", "/jobs/done/forget", json={"attempt": 2}),
        ask("POST", "/jobs/done/forget", json={"stage": "p1"}),
    ]

    # Then each is refused in words
    assert [kind_of(answer) for answer in answers] == [(409, "command-unfit")] * 6
    words = [answer.json()["detail"] for answer in answers]
    assert "only one that is held can be run now" in words[0]
    assert "cancel it first" in words[2]
    assert "is at attempt 1, not 2" in words[4]
    assert "was ended by stage p2, not p1" in words[5]
    assert published == []


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/jobs/j1/reprocess?from=p9", "from"),
        ("/jobs/j1/reprocess?from=", "from"),
        ("/jobs/j1/retry?from=p1", "from"),
        ("/jobs/./forget", "job_id"),
    ],
)
def test_a_wish_that_breaks_rules_is_refused(ask: Ask, path: str, field: str) -> None:
    """422 names what is wrong."""
    # Given such a wish, when it is sent, then it is refused
    answer = ask("POST", path.replace("/./", "/%21/"), json={})
    problem = problem_in(answer, 422, "command-invalid")
    assert [fault["field"] for fault in problem["errors"]] == [field]


def test_the_same_key_stands_for_the_place_where_a_job_begins_again(
    ask: Ask, status: FakeStatus
) -> None:
    """From another stage it is another command."""
    # Given a job that is run again under a key
    status.is_at("j1", "COMPLETED", terminal=True, stage="p2")
    headers = {"Idempotency-Key": "mine"}
    first = ask("POST", "/jobs/j1/reprocess?from=p1", headers=headers)

    # When it is repeated, and sent for another stage
    again = ask("POST", "/jobs/j1/reprocess?from=p1", headers=headers)
    other = ask("POST", "/jobs/j1/reprocess?from=p2", headers=headers)

    # Then the one is replayed, and the other refused
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    problem_in(other, 422, "idempotency-key-reused")
