"""How a watcher comes to its end: dropped, ended with the others, gone."""

import sqlite3
from collections.abc import Iterable

from prometheus_client import REGISTRY
from support.status.events.watcher import TICK_SECONDS, Watch
from support.status.rig import Rig
from support.status.topics import Log

from status.answers.query import Found


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
        rig.timers.advance(TICK_SECONDS)
        fast.received()

    # Then the first alone is dropped, and counted
    assert slow.dropped
    assert not fast.dropped
    assert _dropped() - dropped == 1


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


def _dropped() -> float:
    return REGISTRY.get_sample_value("headway_sse_dropped_total") or 0.0
