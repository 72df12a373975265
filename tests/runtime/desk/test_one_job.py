"""`headway retry` and `headway cancel`: one acknowledged command, where the job is."""

from collections.abc import Callable

import pytest
from support.desk.deployment import Deployment, Said

pytestmark = pytest.mark.broker

Run = Callable[..., Said]


def _said(deployment: Deployment, job_id: str) -> list[tuple[object, ...]]:
    names = ("kind", "attempt", "stage", "by", "partition")
    commands = [c for c in deployment.commands() if c["job_id"] == job_id]
    return [tuple(command[name] for name in names) for command in commands]


def test_what_a_command_says_is_a_record_where_its_job_is(
    desk: Run, deployment: Deployment
) -> None:
    """Attempt and stage given, nothing is read: the key chooses the partition."""
    # Given a job in a partition
    place = deployment.fail("job-a")

    # When it is retried, and another attempt cancelled
    retried = desk("retry", "job-a", "--attempt", "1", "--stage", "p1", "--by", "ann")
    cancelled = desk("cancel", "job-a", "--attempt", "2", "--by", "ann", "--json")

    # Then both are there, and the answer names them
    assert (retried.code, cancelled.code) == (0, 0)
    assert "retry of job job-a, attempt 1 in stage p1, is asked for" in retried.out
    assert cancelled.lines[0]["kind"] == "cancel"
    assert _said(deployment, "job-a") == [
        ("retry", 1, "p1", "ann", place.partition),
        ("cancel", 2, "", "ann", place.partition),
    ]


def test_what_a_command_leaves_out_is_read_from_the_newest_state(
    desk: Run, deployment: Deployment
) -> None:
    """A failed job is retried at its attempt, a running one cancelled at its own."""
    # Given a job that failed in its second attempt, and one that runs its third
    deployment.fail("job-b", attempt=2)
    deployment.fail("job-c", attempt=2)
    deployment.begin("job-c", attempt=3)

    # When the one is retried and the other cancelled, without a word more
    assert desk("retry", "job-b").code == 0
    assert desk("cancel", "job-c").code == 0

    # Then the commands name them
    assert [c[:3] for c in _said(deployment, "job-b")] == [("retry", 2, "p1")]
    assert [c[:3] for c in _said(deployment, "job-c")] == [("cancel", 3, "")]


def test_a_job_in_no_state_for_it_is_not_commanded(desk: Run, deployment: Deployment) -> None:
    """Exit code 1, and words that say what the job is."""
    # Given a job that failed, one that runs, and one that nobody knows
    deployment.fail("job-d", attempt=2)
    deployment.begin("job-e", attempt=1)

    # When what does not fit is asked for
    over = desk("cancel", "job-d")
    running = desk("retry", "job-e")
    older = desk("retry", "job-d", "--attempt", "1")
    unknown = desk("cancel", "job-f")

    # Then each is told, and nothing is written
    assert {said.code for said in (over, running, older, unknown)} == {1}
    assert "is FAILED: nothing is left to cancel" in over.err
    assert "is PROCESS_1_RUNNING: only one that failed is retried" in running.err
    assert "is at attempt 2, not 1" in older.err
    assert "say --attempt 1" in unknown.err
    assert _said(deployment, "job-d") == _said(deployment, "job-e") == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["retry"], "required: JOB"),
        (["retry", "job g"], "is no job_id"),
        (["cancel", "job-g", "--attempt", "0"], "is no whole number from 1"),
        (["retry", "job-g", "--attempt", "1", "--stage", "p9"], "the stages are p1, p2"),
        (["dance"], "invalid choice"),
    ],
)
def test_arguments_that_are_none_are_refused(desk: Run, arguments: list[str], told: str) -> None:
    """Exit code 2, with what is wrong."""
    # Given arguments that are none, when they are given, then it is told
    said = desk(*arguments)
    assert (said.code, told in said.err) == (2, True), said.err
