"""What a reader of all jobs is told from the table, and what moves beside it."""

import asyncio

import pytest
from support.status.events.reader import HookedTable, read_all, seen_by, told
from support.status.events.sse import Event
from support.status.rig import Rig
from support.status.topics import Log

from status.events import feed as module


def test_without_an_id_every_job_is_sent_and_then_the_position(
    rig: Rig, log: Log, table: HookedTable
) -> None:
    """A snapshot ends with the id from which the reader may resume."""
    # Given a queued job and a finished one
    log.submission("a")
    log.state("b", "COMPLETED")
    position = rig.apply().position

    # When a reader comes that knows nothing
    events, last_id = read_all(rig, table)

    # Then it is told both, and may resume from where the table stands
    assert told(events) == {"a": ["QUEUED"], "b": ["COMPLETED"]}
    assert last_id == str(position)


def test_a_reader_with_nothing_to_see_still_learns_the_position(
    rig: Rig, table: HookedTable
) -> None:
    """Otherwise a break before the first job would cost a snapshot."""
    # Given no job at all
    # When a reader comes
    events, last_id = read_all(rig, table)

    # Then it is told nothing, and has an id all the same
    assert events == []
    assert last_id == str(rig.materializer.standing().position)


def test_a_reader_that_resumes_is_sent_only_what_has_moved(
    rig: Rig, log: Log, table: HookedTable
) -> None:
    """The rows newer than its id are all it missed."""
    # Given a reader that knows two jobs, of which one has moved on twice while it was away
    log.submission("still")
    log.submission("moves")
    _, last_id = seen_by(rig, table)
    log.state("moves", "PROCESS_1_RUNNING")
    log.state("moves", "PROCESS_1_DONE")
    rig.apply()

    # When it comes back by its id
    events, _ = read_all(rig, table, last_id)

    # Then it is told the newest of that one and nothing else
    assert told(events) == {"moves": ["PROCESS_1_DONE"]}


def test_a_change_that_falls_between_listening_and_the_snapshot_is_told_once(
    rig: Rig, log: Log, table: HookedTable
) -> None:
    """The snapshot contains it, so what the hub sent is skipped."""
    # Given a job that moves on when its reader listens already and the table is not yet read
    log.submission("a")
    _, last_id = seen_by(rig, table)

    def change() -> None:
        log.state("a", "PROCESS_1_RUNNING")
        rig.apply()

    table.before = [change]

    # When the reader comes back by its id
    events, _ = read_all(rig, table, last_id)

    # Then it is told the change once
    assert told(events) == {"a": ["PROCESS_1_RUNNING"]}


def test_a_change_right_after_the_snapshot_is_told_live(
    rig: Rig, log: Log, table: HookedTable
) -> None:
    """The client listened before the snapshot was taken, so nothing falls between."""
    # Given a job that moves on right after the table was read
    log.submission("a")
    rig.apply()
    rig.timers.advance(1)

    def change() -> None:
        log.state("a", "PROCESS_1_RUNNING")
        rig.apply()

    table.after = [change]

    # When a reader comes
    events, last_id = read_all(rig, table)

    # Then it is told the state in the table, then the change, and has the id of both
    assert told(events) == {"a": ["QUEUED", "PROCESS_1_RUNNING"]}
    assert last_id == str(rig.materializer.standing().position)


def test_progress_that_a_snapshot_overtook_is_not_told_after_it(
    rig: Rig, log: Log, table: HookedTable
) -> None:
    """A bar would go backwards; progress is in no id, so its commit decides."""
    # Given a job whose two reports come before the table is read, one announced and one only stored
    log.state("a", "PROCESS_1_RUNNING")
    rig.apply()
    rig.timers.advance(1)

    def two_reports() -> None:
        log.report("a", 35)
        rig.apply()
        log.report("a", 41)
        rig.commit()  # stored, and the hub has not heard of it yet

    table.before = [two_reports]

    # When a reader comes
    events, _ = read_all(rig, table)

    # Then it is told the stored one, and not the older one that waited for it
    assert [event.json()["progress"] for event in events] == [41]


def test_a_long_catch_up_comes_in_pages_that_can_each_be_resumed(
    rig: Rig, log: Log, table: HookedTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A break in the middle costs a page, not everything; what moves meanwhile is not lost."""
    # Given ten jobs on pages of four, all of which move on after the second page was read
    monkeypatch.setattr(module, "_PAGE_ROWS", 4)
    for number in range(10):
        log.submission(f"job-{number}")
    rig.apply()
    rig.timers.advance(1)

    def change() -> None:
        for number in range(10):
            log.state(f"job-{number}", "PROCESS_1_RUNNING")
        rig.apply()

    table.after = [lambda: None, change]

    # When a reader reads to the end, and another goes on from the end of the first page
    events, last_id = read_all(rig, table)
    broken_off, _ = read_all(rig, table, events[3].id)

    # Then both know the newest of every job, and none was told going back
    newest = {f"job-{number}": "PROCESS_1_RUNNING" for number in range(10)}
    assert {job: statuses[-1] for job, statuses in told(events).items()} == newest
    assert {job: statuses[-1] for job, statuses in told(broken_off).items()} == newest
    assert never_backwards(events)
    assert last_id == str(rig.materializer.standing().position)


def test_a_deleted_job_is_gone_for_who_knew_it_and_nothing_for_who_did_not(
    rig: Rig, log: Log, table: HookedTable
) -> None:
    """The mark that stays in the table is told only where it means something."""
    # Given a job that is deleted after a reader has seen it
    log.state("a", "COMPLETED")
    _, last_id = seen_by(rig, table)
    log.append("job-state", "a", None)
    rig.apply()

    # When that reader comes back, and another comes for the first time
    resumed, _ = read_all(rig, table, last_id)
    fresh, _ = read_all(rig, table)

    # Then the first is told that it is gone, the other nothing
    assert [(event.event, event.json()) for event in resumed] == [("gone", {"job_id": "a"})]
    assert fresh == []


def test_a_table_made_anew_in_the_middle_of_a_catch_up_ends_the_stream(
    rig: Rig, log: Log, table: HookedTable
) -> None:
    """The page read would be of other topics than the reader's vector."""
    # Given a table that is made anew when its reader listens already
    log.submission("a")
    rig.apply()
    table.before = [lambda: rig.materializer.bind("another")]

    async def read() -> list[bytes]:
        with rig.hub.connect() as client:
            feeds = rig.feeds_of(table)
            return [data async for data in feeds.all_jobs(client, None)]

    # When the reader reads on
    sent = asyncio.run(read())

    # Then its stream ends before anything is told
    assert sent == [b"retry: 1000\n\n"]


def never_backwards(events: list[Event]) -> bool:
    progress: dict[str, int] = {}
    for event in events:
        job = event.json()
        if job["progress"] < progress.get(job["job_id"], 0):
            return False
        progress[job["job_id"]] = job["progress"]
    return True
