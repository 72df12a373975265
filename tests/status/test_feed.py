"""What a reader of events sees across breaks, with the order of things forced by hand."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

import pytest
from support.sse import Event, Parser
from support.status_rig import PARTITIONS, Log, Rig

from status import feed as module
from status.client import Client
from status.feed import Feeds
from status.position import Position, Vector
from status.query import Snapshot, Table

Hook = Callable[[], object]


class HookedTable(Table):
    """Lets a test do something right before and right after each snapshot is taken.

    Hooks run in the thread that reads, while the event loop waits for it.
    """

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig.path, PARTITIONS, connections=1)
        self.before: list[Hook] = []
        self.after: list[Hook] = []

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        if self.before:
            self.before.pop(0)()
        with super().snapshot() as snapshot:
            yield snapshot
        if self.after:
            self.after.pop(0)()


@pytest.fixture
def table(rig: Rig) -> Iterator[HookedTable]:
    with HookedTable(rig) as table:
        yield table


class Reader:
    """Reads a stream as far as it goes without waiting for more to happen."""

    def __init__(self, stream: AsyncIterator[bytes], client: Client, last_id: str) -> None:
        self._stream = stream
        self._client = client
        self.parser = Parser(last_id)

    async def read(self) -> list[Event]:
        """The events up to where the stream would wait."""
        events: list[Event] = []
        while (data := await self._next()) is not None:
            events += self.parser.feed(data.decode().split("\n"))
        return events

    async def _next(self) -> bytes | None:
        step = asyncio.ensure_future(anext(self._stream))
        while not step.done():
            await asyncio.sleep(0)
            if self._is_waiting() and not step.done():
                step.cancel()
                await asyncio.gather(step, return_exceptions=True)
                return None
        return step.result()

    def _is_waiting(self) -> bool:
        return self._client._listening and self._client._seen >= 0 and not self._client._waiting


def read_all(
    rig: Rig, table: Table, last_id: str = "", *, job_id: str | None = None
) -> tuple[list[Event], str]:
    """The events a reader gets until there are no more, and the last id it then has."""

    async def read() -> tuple[list[Event], str]:
        with rig.hub.connect(job_id) as client:
            feeds = Feeds(table=table, tide=rig.tide, views=rig.views)
            if job_id is None:
                stream = feeds.all_jobs(client, last_id or None)
            else:
                stream = feeds.one_job(client, job_id, last_id or None)
            reader = Reader(stream, client, last_id)
            return await reader.read(), reader.parser.last_id

    return asyncio.run(read())


def test_without_an_id_every_job_is_sent_and_then_the_position(
    rig: Rig, log: Log, table: HookedTable
) -> None:
    """A snapshot ends with the id from which the reader may resume."""
    # given
    log.submission("a")
    log.state("b", "COMPLETED")
    position = rig.apply().position
    # when
    events, last_id = read_all(rig, table)
    # then
    assert told(events) == {"a": ["QUEUED"], "b": ["COMPLETED"]}
    assert last_id == str(position)


def test_a_reader_with_nothing_to_see_still_learns_the_position(
    rig: Rig, table: HookedTable
) -> None:
    """Otherwise a break before the first job would cost a snapshot."""
    # given: no job at all
    # when
    events, last_id = read_all(rig, table)
    # then
    assert events == []
    assert last_id == str(rig.materializer.standing().position)


def test_a_reader_that_resumes_is_sent_only_what_has_moved(
    rig: Rig, log: Log, table: HookedTable
) -> None:
    """The rows newer than its id are all it missed."""
    # given
    log.submission("still")
    log.submission("moves")
    _, last_id = seen_by(rig, table)
    log.state("moves", "PROCESS_1_RUNNING")
    log.state("moves", "PROCESS_1_DONE")
    rig.apply()
    # when
    events, _ = read_all(rig, table, last_id)
    # then
    assert told(events) == {"moves": ["PROCESS_1_DONE"]}


def test_a_change_that_falls_between_listening_and_the_snapshot_is_told_once(
    rig: Rig, log: Log, table: HookedTable
) -> None:
    """The snapshot contains it, so what the hub sent is skipped."""
    # given
    log.submission("a")
    _, last_id = seen_by(rig, table)

    def change() -> None:
        log.state("a", "PROCESS_1_RUNNING")
        rig.apply()

    table.before = [change]
    # when
    events, _ = read_all(rig, table, last_id)
    # then
    assert told(events) == {"a": ["PROCESS_1_RUNNING"]}


def test_a_change_right_after_the_snapshot_is_told_live(
    rig: Rig, log: Log, table: HookedTable
) -> None:
    """The client listened before the snapshot was taken, so nothing falls between."""
    # given
    log.submission("a")
    rig.apply()
    rig.scheduler.advance(1)

    def change() -> None:
        log.state("a", "PROCESS_1_RUNNING")
        rig.apply()

    table.after = [change]
    # when
    events, last_id = read_all(rig, table)
    # then
    assert told(events) == {"a": ["QUEUED", "PROCESS_1_RUNNING"]}
    assert last_id == str(rig.materializer.standing().position)


def test_progress_that_a_snapshot_overtook_is_not_told_after_it(
    rig: Rig, log: Log, table: HookedTable
) -> None:
    """A bar would go backwards; progress is in no id, so its commit decides."""
    # given
    log.state("a", "PROCESS_1_RUNNING")
    rig.apply()
    rig.scheduler.advance(1)

    def two_reports() -> None:
        log.report("a", 35)
        rig.apply()
        log.report("a", 41)
        rig.commit()  # stored, and the hub has not heard of it yet

    table.before = [two_reports]
    # when
    events, _ = read_all(rig, table)
    # then
    assert [event.json()["progress"] for event in events] == [41]


def test_a_long_catch_up_comes_in_pages_that_can_each_be_resumed(
    rig: Rig, log: Log, table: HookedTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A break in the middle costs a page, not everything; what moves meanwhile is not lost."""
    # given
    monkeypatch.setattr(module, "_PAGE_ROWS", 4)
    for number in range(10):
        log.submission(f"job-{number}")
    rig.apply()
    rig.scheduler.advance(1)

    def change() -> None:
        for number in range(10):
            log.state(f"job-{number}", "PROCESS_1_RUNNING")
        rig.apply()

    table.after = [lambda: None, change]
    # when
    events, last_id = read_all(rig, table)
    broken_off, _ = read_all(rig, table, events[3].id)
    # then
    newest = {f"job-{number}": "PROCESS_1_RUNNING" for number in range(10)}
    assert {job: statuses[-1] for job, statuses in told(events).items()} == newest
    assert {job: statuses[-1] for job, statuses in told(broken_off).items()} == newest
    assert never_backwards(events)
    assert last_id == str(rig.materializer.standing().position)


def test_a_deleted_job_is_gone_for_who_knew_it_and_nothing_for_who_did_not(
    rig: Rig, log: Log, table: HookedTable
) -> None:
    """The mark that stays in the table is told only where it means something."""
    # given
    log.state("a", "COMPLETED")
    _, last_id = seen_by(rig, table)
    log.append("job-state", "a", None)
    rig.apply()
    # when
    resumed, _ = read_all(rig, table, last_id)
    fresh, _ = read_all(rig, table)
    # then
    assert [(event.event, event.json()) for event in resumed] == [("gone", {"job_id": "a"})]
    assert fresh == []


@pytest.mark.parametrize(
    ("last_id", "reason"),
    [
        ("garbage", "not one of this service"),
        ("ffffffffffff:0.0.0.0.0.0:0.0.0.0.0.0", "of other topics"),
        ("0123456789ab:0.0:0.0", "of other topics"),
    ],
)
def test_an_id_that_means_nothing_here_is_answered_by_a_reset_and_a_snapshot(
    rig: Rig, log: Log, table: HookedTable, last_id: str, reason: str
) -> None:
    """The reader forgets what it knew, and a break right after that costs it nothing."""
    # given
    log.submission("a")
    rig.apply()
    # when
    events, _ = read_all(rig, table, last_id)
    # then
    assert [event.event for event in events] == ["reset", "job"]
    assert reason in events[0].json()["reason"]
    assert read_all(rig, table, events[0].id)[0] == events[1:]


def test_an_id_ahead_of_this_replica_is_waited_for(rig: Rig, log: Log, table: HookedTable) -> None:
    """A reader that comes from a faster replica is shown nothing older than it has seen."""
    # given
    log.submission("a")
    batch = log.batch()
    ahead = Vector.beginning(PARTITIONS)
    for (source, partition), offset in batch.offsets.items():
        ahead = ahead.advanced(source, partition, offset)
    last_id = str(Position(rig.tide.epoch, ahead))

    async def read() -> list[Event]:
        with rig.hub.connect() as client:
            feeds = Feeds(table=table, tide=rig.tide, views=rig.views)
            reader = Reader(feeds.all_jobs(client, last_id), client, last_id)
            reading = asyncio.ensure_future(reader.read())
            for _ in range(20):
                await asyncio.sleep(0)
            # when
            assert not client._listening
            rig.publish(rig.materializer.apply(batch))
            return await reading

    # then
    assert asyncio.run(read()) == []


def test_an_id_that_stays_ahead_is_answered_by_a_reset(
    rig: Rig, log: Log, table: HookedTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kafka has lost those records; so the reader has to forget them too."""
    # given
    monkeypatch.setattr(module, "_AHEAD_SECONDS", 0.001)
    log.submission("a")
    rig.apply()
    ahead = Position(rig.tide.epoch, Vector((9,) * PARTITIONS, (9,) * PARTITIONS))
    # when
    events, _ = read_all(rig, table, str(ahead))
    # then
    assert [event.event for event in events] == ["reset", "job"]
    assert "no longer there" in events[0].json()["reason"]


def test_while_the_table_is_built_a_reader_is_held_with_heartbeats(
    building: Rig, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be shown a past; a refusal a browser would take for final."""
    # given
    monkeypatch.setattr(module, "_AHEAD_SECONDS", 0.001)
    log.submission("a")

    async def read() -> tuple[list[bytes], list[bytes]]:
        with building.hub.connect() as client:
            stream = building.feeds.all_jobs(client, None)
            before = [await anext(stream) for _ in range(3)]
            # when
            building.catch_up()
            return before, [await anext(stream)]

    before, after = asyncio.run(read())
    # then
    assert before == [b"retry: 1000\n\n", b": still here\n\n", b": still here\n\n"]
    assert b'"job_id":"a"' in after[0]


def test_a_watcher_of_one_job_is_sent_how_it_is_whatever_its_id_has_seen(
    rig: Rig, log: Log, table: HookedTable
) -> None:
    """A late subscriber always gets the terminal state."""
    # given
    log.state("a", "COMPLETED")
    rig.apply()
    _, last_id = read_all(rig, table, job_id="a")
    # when
    events, _ = read_all(rig, table, last_id, job_id="a")
    # then
    assert told(events) == {"a": ["COMPLETED"]}
    assert events[0].json()["timeline"]


def test_a_watcher_of_one_job_misses_no_change_beside_the_snapshot(
    rig: Rig, log: Log, table: HookedTable
) -> None:
    """What comes before it is in it, what comes after it is told live."""
    # given
    log.submission("a")
    rig.apply()
    rig.scheduler.advance(1)

    def to(status: str) -> None:
        log.state("a", status)
        rig.apply()
        rig.scheduler.advance(1)

    table.before = [lambda: to("PROCESS_1_RUNNING")]
    table.after = [lambda: to("PROCESS_1_DONE")]
    # when
    events, _ = read_all(rig, table, job_id="a")
    # then
    assert told(events) == {"a": ["PROCESS_1_RUNNING", "PROCESS_1_DONE"]}


def test_a_watcher_of_a_job_that_turns_out_unknown_is_told_it_is_gone(
    rig: Rig, table: HookedTable
) -> None:
    """The stream was opened while nobody could know."""
    # given: no such job
    # when
    events, _ = read_all(rig, table, job_id="nope")
    # then
    assert [(event.event, event.json()) for event in events] == [("gone", {"job_id": "nope"})]


def test_a_table_made_anew_in_the_middle_of_a_catch_up_ends_the_stream(
    rig: Rig, log: Log, table: HookedTable
) -> None:
    """The page read would be of other topics than the reader's vector."""
    # given
    log.submission("a")
    rig.apply()
    table.before = [lambda: rig.materializer.bind("another")]

    async def read() -> list[bytes]:
        with rig.hub.connect() as client:
            feeds = Feeds(table=table, tide=rig.tide, views=rig.views)
            return [data async for data in feeds.all_jobs(client, None)]

    # when
    sent = asyncio.run(read())
    # then
    assert sent == [b"retry: 1000\n\n"]


def seen_by(rig: Rig, table: Table) -> tuple[list[Event], str]:
    """Apply what the log has, and let a reader see it."""
    rig.apply()
    rig.scheduler.advance(1)
    return read_all(rig, table)


def told(events: list[Event]) -> dict[str, list[str]]:
    """The statuses told of each job, in order."""
    statuses: dict[str, list[str]] = {}
    for event in events:
        job = event.json()
        statuses.setdefault(job["job_id"], []).append(job["status"])
    return statuses


def never_backwards(events: list[Event]) -> bool:
    progress: dict[str, int] = {}
    for event in events:
        job = event.json()
        if job["progress"] < progress.get(job["job_id"], 0):
            return False
        progress[job["job_id"]] = job["progress"]
    return True
