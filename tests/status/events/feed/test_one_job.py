"""What a watcher of one job is told."""

from support.status.events.reader import HookedTable, read_all, told
from support.status.rig import Rig
from support.status.topics import Log


def test_a_watcher_of_one_job_is_sent_how_it_is_whatever_its_id_has_seen(
    rig: Rig, log: Log, table: HookedTable
) -> None:
    """A late subscriber always gets the terminal state."""
    # Given a watcher that has seen the end of its job
    log.state("a", "COMPLETED")
    rig.apply()
    _, last_id = read_all(rig, table, job_id="a")

    # When it comes back by its id
    events, _ = read_all(rig, table, last_id, job_id="a")

    # Then it is told the end again, with all that led there
    assert told(events) == {"a": ["COMPLETED"]}
    assert events[0].json()["timeline"]


def test_a_watcher_of_one_job_misses_no_change_beside_the_snapshot(
    rig: Rig, log: Log, table: HookedTable
) -> None:
    """What comes before it is in it, what comes after it is told live."""
    # Given a job that moves on right before the table is read and right after
    log.submission("a")
    rig.apply()
    rig.timers.advance(1)

    def to(status: str) -> None:
        log.state("a", status)
        rig.apply()
        rig.timers.advance(1)

    table.before = [lambda: to("PROCESS_1_RUNNING")]
    table.after = [lambda: to("PROCESS_1_DONE")]

    # When its watcher comes
    events, _ = read_all(rig, table, job_id="a")

    # Then it is told the one state from the table and the other live
    assert told(events) == {"a": ["PROCESS_1_RUNNING", "PROCESS_1_DONE"]}


def test_a_watcher_of_a_job_that_turns_out_unknown_is_told_it_is_gone(
    rig: Rig, table: HookedTable
) -> None:
    """The stream was opened while nobody could know."""
    # Given no such job
    # When somebody watches it
    events, _ = read_all(rig, table, job_id="nope")

    # Then it is told that the job is gone
    assert [(event.event, event.json()) for event in events] == [("gone", {"job_id": "nope"})]
