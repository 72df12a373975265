"""What watchers of the hub are told, with time moved by hand."""

from collections.abc import Iterable

from support.status.events.watcher import TICK_SECONDS, Watch
from support.status.rig import Rig
from support.status.timers import ManualTimers
from support.status.topics import Log

from status.answers.query import Found


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
    rig.timers.advance(TICK_SECONDS)

    # Then the watcher waited, and was told the newer state only
    assert waiting == []
    assert client.statuses() == [("a", "PROCESS_1_DONE")]


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


def test_a_deleted_job_is_told_as_gone(rig: Rig, log: Log, watch: Watch) -> None:
    """A tombstone in job-state deletes the job."""
    # Given a watcher, and the tombstone of a finished job
    log.state("a", "COMPLETED")
    rig.apply()
    rig.timers.advance(TICK_SECONDS)
    client = watch()
    log.append("job-state", "a", None)

    # When it is read
    rig.apply()

    # Then the watcher is told that the job is gone
    [event] = client.received()
    assert (event.event, event.json()) == ("gone", {"job_id": "a"})


def test_timers_of_the_rig_fire_in_time() -> None:
    """The timers that the tests move is itself right."""
    # Given a timer of a second
    timers, fired = ManualTimers(), []
    timers.call_later(1.0, lambda: fired.append("due"))

    # When half a second passes, and then another
    timers.advance(0.5)
    early = list(fired)
    timers.advance(0.5)

    # Then it fires after the second one
    assert (early, fired) == ([], ["due"])


class Recording:
    """Reads the table and keeps what was asked for."""

    def __init__(self, rig: Rig, asked: list[list[str]]) -> None:
        self._rig, self._asked = rig, asked

    def __call__(self, job_ids: Iterable[str]) -> Found:
        wanted = list(job_ids)
        self._asked.append(wanted)
        return self._rig.table.jobs(wanted)
