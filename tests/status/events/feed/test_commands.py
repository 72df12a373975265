"""Readers of events hear what is asked of jobs: live, and when they come back."""

import pytest
from support.status.events.reader import HookedTable, read_all, seen_by
from support.status.events.sse import Event
from support.status.rig import Rig
from support.status.topics import Log

from status.events import feed as module


def test_a_reader_that_was_away_is_told_what_was_asked_meanwhile(
    rig: Rig, log: Log, table: HookedTable
) -> None:
    """Though the job itself has not moved."""
    # Given a reader that knows two jobs, of which one was told to retry, and refused, while away
    log.submission("still")
    log.state("asked", "FAILED")
    _, first_id = seen_by(rig, table)
    log.command("asked", "retry")
    rig.apply()
    rig.timers.advance(1)
    between, second_id = read_all(rig, table, first_id)
    log.result("asked", "retry asked", accepted=False, reason="no")
    rig.apply()

    # When it comes back by the id of before, and of in between
    both, _ = read_all(rig, table, first_id)
    answer, last_id = read_all(rig, table, second_id)

    # Then it is told of the one job, once, as it is; and nothing after that
    assert states(between) == [("asked", "requested")]
    assert states(both) == states(answer) == [("asked", "refused")]
    assert read_all(rig, table, last_id) == ([], last_id)


def test_a_job_that_moved_and_was_asked_something_is_told_once(
    rig: Rig, log: Log, table: HookedTable
) -> None:
    """It is found by its state and by its command."""
    # Given a reader that knows a job, which moved and was told to cancel while it was away
    log.submission("a")
    _, last_id = seen_by(rig, table)
    log.state("a", "PROCESS_1_RUNNING")
    log.command("a", "cancel")
    log.result("a", "cancel a", accepted=True)
    rig.apply()

    # When it comes back
    events, _ = read_all(rig, table, last_id)

    # Then it is told once
    assert states(events) == [("a", "requested")]


def test_pages_that_end_within_what_was_asked_leave_nothing_out(
    rig: Rig, log: Log, table: HookedTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page ends behind the last command that it tells of."""
    # Given a reader that knows nine jobs, each of which was told to cancel while it was away
    monkeypatch.setattr(module, "_PAGE_ROWS", 2)
    jobs = [f"job-{number}" for number in range(9)]
    for job_id in jobs:
        log.submission(job_id)
    _, last_id = seen_by(rig, table)
    for job_id in jobs:
        log.command(job_id, "cancel")
    rig.apply()

    # When it comes back, and when another comes that knows nothing
    events, _ = read_all(rig, table, last_id)
    snapshot, _ = read_all(rig, table)

    # Then either is told of each job once
    assert sorted(states(events)) == [(job_id, "requested") for job_id in jobs]
    assert sorted(states(snapshot)) == sorted(states(events))


def test_a_command_is_told_live_to_readers_of_its_job_and_of_all(
    rig: Rig, log: Log, table: HookedTable
) -> None:
    """With the id of what was read."""
    # Given a job that is asked something right after each reader has read the table
    log.submission("a")
    rig.apply()
    told = []
    for number, job_id in enumerate((None, "a")):
        rig.timers.advance(1)
        command_id = f"cancel {number}"

        def change(command_id: str = command_id) -> None:
            log.command("a", "cancel", command_id=command_id)
            rig.apply()

        table.after = [change]

        # When a reader comes
        events, last_id = read_all(rig, table, job_id=job_id)
        told.append((events[-1].json()["command"]["command_id"], last_id == standing(rig)))

    # Then it is told of the command after the job, with the id of both
    assert told == [("cancel 0", True), ("cancel 1", True)]


def standing(rig: Rig) -> str:
    """The id of who has seen all."""
    return str(rig.materializer.standing().position)


def states(events: list[Event]) -> list[tuple[str, str]]:
    """What became of the command of each job told of, in order."""
    jobs = [event.json() for event in events]
    return [(job["job_id"], job["command"]["state"]) for job in jobs]
