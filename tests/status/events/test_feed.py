"""What a reader of events sees across breaks, with the order of things forced by hand."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

import pytest
from support.status.rig import Rig
from support.status.sse import Event, Parser
from support.status.topics import PARTITIONS, Log

from status.answers import tablereads
from status.answers.query import Snapshot, Table
from status.events import approach
from status.events import feed as module
from status.events.client import Client
from status.reading.cluster import Ends
from status.table.position import Position, Vector

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


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers are told soon that they wait."""
    monkeypatch.setattr(approach, "_PATIENCE_SECONDS", 0.001)


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
            feeds = rig.feeds_of(table)
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
    rig.scheduler.advance(1)

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
    rig.scheduler.advance(1)

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
    rig.scheduler.advance(1)

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


@pytest.mark.parametrize(
    ("last_id", "reason"),
    [
        ("garbage", "not one of this service"),
        ("ffffffffffff:0.0.0.0.0.0:0.0.0.0.0.0", "of other topics"),
        ("0123456789ab-1f:0.0.0.0.0.0:0.0.0.0.0.0", "has lost records"),
    ],
)
def test_an_id_that_means_nothing_here_is_answered_by_a_reset_and_a_snapshot(
    rig: Rig, log: Log, table: HookedTable, last_id: str, reason: str
) -> None:
    """The reader forgets what it knew, and a break right after that costs it nothing."""
    # Given a job, and an id that no position of this table could be
    log.submission("a")
    rig.apply()

    # When a reader comes with that id
    events, _ = read_all(rig, table, last_id)

    # Then it is told to forget, why, and every job; the id of the reset is one to resume from
    assert [event.event for event in events] == ["reset", "job"]
    assert reason in events[0].json()["reason"]
    assert read_all(rig, table, events[0].id)[0] == events[1:]


def test_an_id_ahead_of_this_replica_is_waited_for(rig: Rig, log: Log, table: HookedTable) -> None:
    """A reader that comes from a faster replica is shown nothing older than it has seen."""
    # Given a reader that has seen a record which this replica has not yet read
    log.submission("a")
    batch = log.batch()
    ahead = Vector.beginning(PARTITIONS)
    for (source, partition), offset in batch.offsets.items():
        ahead = ahead.advanced(source, partition, offset)
    last_id = str(Position.at(rig.tide.epoch, ahead))

    async def read() -> list[Event]:
        with rig.hub.connect() as client:
            feeds = rig.feeds_of(table)
            reader = Reader(feeds.all_jobs(client, last_id), client, last_id)
            reading = asyncio.ensure_future(reader.read())
            for _ in range(20):
                await asyncio.sleep(0)

            assert not client._listening

            # When the replica has read it
            rig.publish(rig.materializer.apply(batch))
            return await reading

    # Then the reader goes on from there, and is told nothing it knew
    assert asyncio.run(read()) == []


@pytest.mark.usefixtures("impatient")
def test_an_id_of_records_that_kafka_no_longer_has_is_answered_by_a_reset(
    rig: Rig, log: Log, table: HookedTable
) -> None:
    """The cluster itself says that it ends before; so the reader has to forget them too."""
    # Given an id beyond the end of what Kafka has
    log.submission("a")
    rig.apply()
    ahead = Position.at(rig.tide.epoch, nines())

    # When a reader comes with it
    events, _ = read_all(rig, table, str(ahead))

    # Then it is told to forget, and that the records are no longer there
    assert [event.event for event in events] == ["reset", "job"]
    assert "no longer there" in events[0].json()["reason"]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("says", ["further on", "nothing", "other topics"])
def test_an_id_ahead_of_a_replica_that_is_merely_behind_is_never_answered_by_a_reset(
    rig: Rig, log: Log, says: str
) -> None:
    """The reader is told why it waits, shown nothing older, and sent elsewhere after a while."""
    # Given an id beyond the table, and a cluster that is as far, does not answer, or is another
    log.submission("a")
    rig.apply()
    rig.ends = Ends(rig.tide.position.base, nines(), nines())
    wanted = Position.at(rig.tide.epoch, nines())
    if says == "nothing":
        rig.reachable = False
    if says == "other topics":
        rig.ends = Ends("fedcba987654", nines(), nines())
        wanted = Position.at("fedcba987654", nines())

    async def read() -> list[list[Event]]:
        return [await read_out(rig, job_id, str(wanted)) for job_id in (None, "a")]

    # When readers of all jobs and of one come with it
    streams = asyncio.run(read())

    # Then they are told to wait and nothing else, without an id of this replica
    for stream in streams:
        assert {event.event for event in stream} == {"waiting"}
        assert {event.id for event in stream} == {""}


def test_ids_of_fewer_partitions_go_on_where_topics_have_grown(
    rig: Rig, log: Log, table: HookedTable
) -> None:
    """Of the new ones nothing was seen."""
    # Given a job, and a reader whose id is of the time when each topic had two partitions
    log.submission("a")
    rig.apply()

    # When the reader comes back by it
    events, _ = read_all(rig, table, f"{rig.tide.epoch}:0.0:0.0:0.0")

    # Then what the new partitions have is told
    assert told(events) == {"a": ["QUEUED"]}


def test_a_stream_that_is_ended_while_it_waits_says_nothing_more(rig: Rig) -> None:
    """At the end of a process it knows nothing that it has not said."""
    # Given readers that would have to wait, be told of a reset, or that a job is gone
    wanted = str(Position.at(rig.tide.epoch, nines()))

    async def read(job_id: str | None, last_id: str | None) -> list[bytes]:
        with rig.hub.connect(job_id) as client:
            client.end()
            return [data async for data in stream_of(rig, client, job_id, last_id)]

    # When their streams are ended before they begin
    sent = [
        asyncio.run(read(job_id, last_id))
        for job_id in (None, "nope")
        for last_id in (None, wanted, "garbage")
    ]

    # Then none is told more than when to come again
    assert sent == [[b"retry: 1000\n\n"]] * 6


@pytest.mark.usefixtures("impatient")
def test_a_job_is_gone_only_if_kafka_has_nothing_more_to_say_of_it(
    rig: Rig, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replica that has begun again or lags does not know of a job that was acknowledged."""
    # Given a watcher of a job that Kafka has and the table has not
    monkeypatch.setattr(tablereads, "_AFTER_SECONDS", 0.001)
    log.submission("late")
    batch = log.batch()
    vector = rig.tide.vector
    for (source, partition), offset in batch.offsets.items():
        vector = vector.advanced(source, partition, offset)
    rig.ends = Ends(rig.tide.position.base, vector, vector)

    async def read() -> tuple[bytes, bytes]:
        with rig.hub.connect("late") as client:
            stream = rig.feeds.one_job(client, "late", None)
            await anext(stream)
            before = await anext(stream)

            # When the table has read it
            rig.publish(rig.materializer.apply(batch))
            return before, await anext(stream)

    before, after = asyncio.run(read())

    # Then the watcher was told to wait, and now how the job is
    assert b"event: waiting" in before
    assert b'"status":"QUEUED"' in after


@pytest.mark.usefixtures("impatient")
def test_while_the_table_is_built_a_reader_is_held_with_heartbeats(building: Rig, log: Log) -> None:
    """It would be shown a past; a refusal a browser would take for final."""
    # Given a table that is still being built, and a reader that waits
    log.submission("a")

    async def read() -> tuple[list[bytes], list[bytes]]:
        with building.hub.connect() as client:
            stream = building.feeds.all_jobs(client, None)
            before = [await anext(stream) for _ in range(3)]

            # When the table has caught up
            building.catch_up()
            return before, [await anext(stream)]

    before, after = asyncio.run(read())

    # Then the reader was told why it waits, and is now told the job
    waiting = b'event: waiting\ndata: {"reason": "the table of jobs is being built"}\n\n'
    assert before == [b"retry: 1000\n\n", waiting, waiting]
    assert b'"job_id":"a"' in after[0]


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
    rig.scheduler.advance(1)

    def to(status: str) -> None:
        log.state("a", status)
        rig.apply()
        rig.scheduler.advance(1)

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


def stream_of(
    rig: Rig, client: Client, job_id: str | None, last_id: str | None
) -> AsyncIterator[bytes]:
    if job_id is None:
        return rig.feeds.all_jobs(client, last_id)
    return rig.feeds.one_job(client, job_id, last_id)


async def read_out(rig: Rig, job_id: str | None, last_id: str | None) -> list[Event]:
    """The events of a stream that ends by itself."""
    with rig.hub.connect(job_id) as client:
        chunks = [data async for data in stream_of(rig, client, job_id, last_id)]
    return list(Parser().feed(b"".join(chunks).decode().split("\n")))


def nines() -> Vector:
    """A vector beyond all that a test writes."""
    return Vector(*((9,) * PARTITIONS for _ in range(3)))


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
