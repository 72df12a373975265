"""Fan-out with time moved by hand."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack

import pytest
from prometheus_client import REGISTRY
from support.status.rig import Rig
from support.status.scheduler import ManualScheduler
from support.status.sse import Event, Parser
from support.status.topics import Log

from status.answers.query import Found
from status.events.client import Client
from status.table.position import Position, parse_position

TICK_SECONDS = 0.03


class Watcher:
    """A client and what reads its bytes; ids carry over from one sending to the next."""

    def __init__(self, client: Client, last_id: str) -> None:
        self.client = client
        self._parser = Parser(last_id)
        client.listen()

    @property
    def dropped(self) -> bool:
        return self.client.ended.is_set()

    def chunks(self) -> list[bytes]:
        """What waits, taken out."""
        data = [chunk.data for chunk in self.client._waiting]
        self.client.listen()
        return data

    def received(self) -> list[Event]:
        return list(self._parser.feed(b"".join(self.chunks()).decode().split("\n")))

    def statuses(self) -> list[tuple[str, str]]:
        return [(event.json()["job_id"], event.json()["status"]) for event in self.received()]


Watch = Callable[..., Watcher]


@pytest.fixture
def watch(rig: Rig) -> Iterator[Watch]:
    """Connects a watcher of one job or of all."""
    with ExitStack() as stack:

        def watch(job_id: str | None = None, *, last_id: str = "") -> Watcher:
            return Watcher(stack.enter_context(rig.hub.connect(job_id)), last_id)

        yield watch


def test_the_first_change_after_a_pause_is_published_at_once(
    rig: Rig, log: Log, watch: Watch
) -> None:
    """A tick costs nothing when nothing goes on."""
    # Given a watcher, and nothing told for longer than a tick
    client = watch()
    log.submission("a")

    # When a job is submitted
    rig.apply()

    # Then the watcher has it without any time passing
    assert client.statuses() == [("a", "QUEUED")]


def test_changes_within_a_tick_are_gathered_and_only_the_newest_is_told(
    rig: Rig, log: Log, watch: Watch
) -> None:
    """Under load a reader gets one sending a tick, however much moves."""
    # Given a watcher that was told something just now
    client = watch()
    log.submission("first")
    rig.apply()
    client.received()

    # When a job moves on twice within the tick, and then the tick ends
    for status in ("PROCESS_1_RUNNING", "PROCESS_1_DONE"):
        log.state("a", status)
        rig.apply()
    waiting = client.received()
    rig.scheduler.advance(TICK_SECONDS)

    # Then the watcher waited, and was told the newer state only
    assert waiting == []
    assert client.statuses() == [("a", "PROCESS_1_DONE")]


def test_an_id_in_the_middle_of_a_tick_has_seen_all_of_it_and_claims_none(
    rig: Rig, log: Log, watch: Watch
) -> None:
    """Who breaks off there is sent the whole tick again, by a replica that knows all of it."""
    # Given a watcher and three new jobs
    before = rig.materializer.standing().position
    client = watch()
    for number in range(3):
        log.submission(f"job-{number}")

    # When they are told in one tick
    after = rig.apply().position

    # Then only the last one's id is the new position; the others may have seen it and claim the old
    within = str(Position(before.epoch, before.vector, after.vector))
    assert [event.id for event in client.received()] == [within, within, str(after)]


def test_an_id_covers_what_was_read_although_it_was_not_announced_yet(
    rig: Rig, log: Log, watch: Watch
) -> None:
    """The table may have moved on when a change is told; what is shown is never beyond the id."""
    # Given a change, and a newer one of the same job that is stored and not announced
    client = watch()
    log.state("a", "PROCESS_1_RUNNING")
    announced = rig.commit()
    log.state("a", "COMPLETED")
    stored = rig.commit()

    # When the first is announced
    rig.publish(announced)

    # Then the watcher sees the newer state, with an id that has seen it and claims the first
    [event] = client.received()
    assert event.json()["status"] == "COMPLETED"
    assert parse_position(event.id).seen == stored.position.vector
    assert parse_position(event.id).vector == announced.position.vector


def test_more_jobs_than_fit_in_one_go_are_claimed_by_the_last_one_only(
    rig: Rig, log: Log, watch: Watch
) -> None:
    """A reader that breaks off in the middle of it is sent all of it again."""
    # Given a watcher and one job more than is told in one go
    before = rig.materializer.standing().position
    client = watch()
    for number in range(501):
        log.submission(f"job-{number}")

    # When all are told
    change = rig.apply()
    first = client.received()
    rig.scheduler.advance(0)
    second = client.received()

    # Then 500 come and then one, and only its id is the new position
    assert [len(first), len(second)] == [500, 1]
    within = str(Position(before.epoch, before.vector, change.position.vector))
    assert {event.id for event in first} == {within}
    assert second[0].id == str(change.position)


def test_every_watcher_of_the_same_thing_gets_the_same_bytes(
    rig: Rig, log: Log, watch: Watch
) -> None:
    """Events are encoded once."""
    # Given two watchers of everything and two of one job
    everything = [watch() for _ in range(2)]
    one_job = [watch(job_id="a") for _ in range(2)]
    log.submission("a")

    # When that job is submitted
    rig.apply()

    # Then those of a kind hold the very same bytes
    for first, second in (everything, one_job):
        assert first.chunks()[0] is second.chunks()[0]


def test_a_watcher_of_one_job_gets_that_job_with_its_timeline(
    rig: Rig, log: Log, watch: Watch
) -> None:
    """It is the same JSON as that of GET /jobs/{id}."""
    # Given a watcher of one of two jobs
    client = watch(job_id="a")
    log.submission("a")
    log.submission("b")

    # When both are submitted
    rig.apply()

    # Then it is told of its own, with the timeline
    [event] = client.received()
    assert event.json()["job_id"] == "a"
    assert [step["status"] for step in event.json()["timeline"]] == ["QUEUED"]


def test_what_nobody_watches_is_not_even_read(rig: Rig, log: Log, watch: Watch) -> None:
    """A service without readers of events does no work for them."""
    # Given a table that notes what it is asked for, and a watcher of another job
    asked: list[list[str]] = []
    rig.hub._read = Recording(rig, asked)
    watch(job_id="a")
    log.submission("b")

    # When a job is submitted
    rig.apply()

    # Then the table was asked for nothing
    assert asked == []


def test_a_slow_reader_is_dropped_and_counted_and_the_others_go_on(
    rig: Rig, log: Log, watch: Watch
) -> None:
    """It comes back by its id; nobody waits for it."""
    # Given a watcher that takes nothing and one that takes all, where four chunks may wait
    slow, fast = watch(), watch()
    dropped = _dropped()

    # When five are told
    for number in range(5):
        log.submission(f"job-{number}")
        rig.apply()
        rig.scheduler.advance(TICK_SECONDS)
        fast.received()

    # Then the first alone is dropped, and counted
    assert slow.dropped
    assert not fast.dropped
    assert _dropped() - dropped == 1


def test_a_deleted_job_is_told_as_gone(rig: Rig, log: Log, watch: Watch) -> None:
    """A tombstone in job-state deletes the job."""
    # Given a watcher, and the tombstone of a finished job
    log.state("a", "COMPLETED")
    rig.apply()
    rig.scheduler.advance(TICK_SECONDS)
    client = watch()
    log.append("job-state", "a", None)

    # When it is read
    rig.apply()

    # Then the watcher is told that the job is gone
    [event] = client.received()
    assert (event.event, event.json()) == ("gone", {"job_id": "a"})


def test_a_table_made_anew_ends_every_stream(rig: Rig, watch: Watch) -> None:
    """Readers come back with ids of topics that are no more, and are told so."""
    # Given a watcher
    client = watch()

    # When the table is bound to other topics
    rig.begin("another")

    # Then the watcher is dropped
    assert client.dropped


def test_a_failed_read_ends_every_stream(rig: Rig, log: Log, watch: Watch) -> None:
    """Otherwise later ids would pass over what was not told."""
    # Given a watcher, and a table that cannot be read
    client = watch()

    def fail(_job_ids: Iterable[str]) -> Found:
        raise sqlite3.OperationalError("disk I/O error")

    rig.hub._read = fail
    log.submission("a")

    # When a job is submitted
    rig.apply()

    # Then the watcher is dropped
    assert client.dropped


def test_a_hub_that_is_closed_ends_streams_that_come_later_too(rig: Rig, watch: Watch) -> None:
    """A process that is going must not be held up by a reader that just came back."""
    # Given a watcher
    early = watch()

    # When the hub is closed, and another watcher comes
    rig.hub.close()
    late = watch()

    # Then both are dropped
    assert early.dropped
    assert late.dropped


def test_the_hub_forgets_who_has_left(rig: Rig) -> None:
    """Watchers of single jobs would otherwise pile up by job."""
    # Given a watcher of one job and one of all
    with rig.hub.connect("a"), rig.hub.connect():
        connected = len(rig.hub)

    # When both have left
    left = len(rig.hub)

    # Then the hub keeps nothing of them
    assert (connected, left) == (2, 0)
    assert not rig.hub._clients


class Recording:
    """Reads the table and keeps what was asked for."""

    def __init__(self, rig: Rig, asked: list[list[str]]) -> None:
        self._rig, self._asked = rig, asked

    def __call__(self, job_ids: Iterable[str]) -> Found:
        wanted = list(job_ids)
        self._asked.append(wanted)
        return self._rig.table.jobs(wanted)


def _dropped() -> float:
    return REGISTRY.get_sample_value("headway_sse_dropped_total") or 0.0


def test_timers_of_the_rig_fire_in_time() -> None:
    """The scheduler that the tests move is itself right."""
    # Given a timer of a second
    scheduler, fired = ManualScheduler(), []
    scheduler.call_later(1.0, lambda: fired.append("due"))

    # When half a second passes, and then another
    scheduler.advance(0.5)
    early = list(fired)
    scheduler.advance(0.5)

    # Then it fires after the second one
    assert (early, fired) == ([], ["due"])
