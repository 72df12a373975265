"""One place pauses and resumes: reasons add up, bounds hold, the client hears only of changes."""

from collections.abc import Iterator

import pytest
from prometheus_client import REGISTRY
from support.clock import ManualClock

from headway.edges.kafka import TopicPartition
from headway.owning.flow import BUFFER, Flow
from headway.owning.place import Place

_A: Place = ("jobs", 0)
_B: Place = ("jobs", 1)


class _Client:
    """Remembers what is paused, and every call."""

    def __init__(self) -> None:
        self.paused: set[Place] = set()
        self.calls: list[tuple[str, list[Place]]] = []

    def pause(self, partitions: list[TopicPartition]) -> None:
        places = sorted((p.topic, p.partition) for p in partitions)
        self.paused |= set(places)
        self.calls.append(("pause", places))

    def resume(self, partitions: list[TopicPartition]) -> None:
        places = sorted((p.topic, p.partition) for p in partitions)
        self.paused -= set(places)
        self.calls.append(("resume", places))


@pytest.fixture
def client() -> _Client:
    return _Client()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def flow(client: _Client, clock: ManualClock) -> Iterator[Flow]:
    made = Flow(client, "p1", records=8, size_bytes=800, clock=clock)
    yield made
    made.gone([_A, _B])
    made.apply()


def _metric(place: Place, reason: str) -> float | None:
    labels = {"topic": place[0], "partition": str(place[1]), "reason": reason}
    return REGISTRY.get_sample_value("headway_paused", labels)


def test_a_partition_flows_when_its_last_reason_is_gone(flow: Flow, client: _Client) -> None:
    """Two who hold one partition cannot let it go for each other."""
    # Given a partition held for two reasons
    loading = flow.reason("loading")
    map_full = flow.reason("map full")
    flow.assigned([_A, _B])
    loading.pause([_A])
    map_full.pause([_A])
    flow.apply()
    assert client.paused == {_A}

    # When one is released, then it stays held
    loading.resume([_A])
    flow.apply()
    assert client.paused == {_A}

    # When the other is released too, then it flows
    map_full.resume([_A])
    flow.apply()
    assert client.paused == set()


def test_a_reason_for_all_holds_those_assigned_later_too(flow: Flow, client: _Client) -> None:
    """What comes in a rebalance does not slip past what holds everything."""
    # Given everything held
    draining = flow.reason("draining")
    flow.assigned([_A])
    draining.pause()
    flow.apply()

    # When another partition comes, then it is held as well
    flow.assigned([_B])
    flow.apply()
    assert client.paused == {_A, _B}

    # When the reason ends, then both flow
    draining.resume()
    flow.apply()
    assert client.paused == set()


def test_a_reason_for_all_leaves_the_reasons_of_one(flow: Flow, client: _Client) -> None:
    """Releasing the buffer resumes nothing that is loading or full."""
    # Given a partition held for itself, and everything held
    draining = flow.reason("draining")
    loading = flow.reason("loading")
    flow.assigned([_A, _B])
    loading.pause([_A])
    draining.pause()
    flow.apply()

    # When everything is released, then that one stays held
    draining.resume()
    flow.apply()
    assert client.paused == {_A}


def test_releasing_everywhere_takes_the_reason_from_every_partition(
    flow: Flow, client: _Client
) -> None:
    """Without places a release means wherever it holds."""
    # Given two partitions held for a reason each by name
    breaker = flow.reason("breaker")
    flow.assigned([_A, _B])
    breaker.pause([_A, _B])
    flow.apply()

    # When it is released without names, then both flow
    breaker.resume()
    flow.apply()
    assert client.paused == set()


def test_the_client_hears_only_of_changes(flow: Flow, client: _Client) -> None:
    """A pause throws away what was fetched ahead: it is never repeated."""
    # Given a partition held and told
    loading = flow.reason("loading")
    map_full = flow.reason("map full")
    flow.assigned([_A])
    loading.pause([_A])
    flow.apply()
    client.calls.clear()

    # When turns pass, and reasons change without changing the result
    flow.apply()
    map_full.pause([_A])
    loading.resume([_A])
    flow.apply()

    # Then nothing is said
    assert client.calls == []


def test_a_partition_that_comes_back_is_told_anew(flow: Flow, client: _Client) -> None:
    """Nothing of an earlier ownership counts, whatever the client remembers."""
    # Given a held partition that goes and comes back
    loading = flow.reason("loading")
    flow.assigned([_A])
    loading.pause([_A])
    flow.apply()
    flow.gone([_A])
    flow.assigned([_A])

    # When the next turn comes, then it is resumed
    flow.apply()
    assert client.calls[-1] == ("resume", [_A])
    assert flow.reasons() == {}


def test_the_client_is_never_told_of_what_is_gone(flow: Flow, client: _Client) -> None:
    """A reason may outlive the partition; the client would refuse an unknown one."""
    # Given a partition that is gone
    map_full = flow.reason("map full")
    flow.assigned([_A])
    flow.apply()
    flow.gone([_A])
    client.calls.clear()

    # When somebody holds or releases it, then the client hears nothing
    map_full.pause([_A])
    flow.apply()
    map_full.resume([_A])
    flow.apply()
    assert client.calls == []


def test_what_is_taken_counts_until_it_is_freed(flow: Flow) -> None:
    """Records in a frame that is tried again are still in memory."""
    # Given room for eight
    assert flow.room == 8

    # When five are taken and two freed, then five may come
    for _ in range(5):
        flow.take(10)
    flow.free(2, 20)
    assert (flow.room, flow.taken) == (5, 3)


@pytest.mark.parametrize("sizes", [[800], [799, 1], [5000]])
def test_bytes_bound_the_buffer_as_records_do(flow: Flow, sizes: list[int]) -> None:
    """A few large records fill it; only the last may exceed it."""
    # Given nothing taken, when records of that many bytes are, then there is no room
    for size in sizes:
        assert flow.room
        flow.take(size)
    assert flow.room == 0


def test_a_full_buffer_holds_everything_after_a_moment(
    flow: Flow, client: _Client, clock: ManualClock
) -> None:
    """A moment's fullness costs nothing; a lasting one must still let the group be served."""
    # Given a buffer that has just become full
    flow.assigned([_A, _B])
    for _ in range(8):
        flow.take(1)
    flow.apply()
    assert client.paused == set()

    # When it stays so, then everything is held, and what comes later too
    clock.advance(0.5)
    flow.apply()
    assert client.paused == {_A, _B}
    assert flow.paused
    assert flow.reasons() == {_A: frozenset({BUFFER}), _B: frozenset({BUFFER})}


def test_a_buffer_full_again_and_again_for_a_moment_holds_nothing(
    flow: Flow, client: _Client, clock: ManualClock
) -> None:
    """The time counts from the moment it became full, not from the first time ever."""
    # Given a buffer full for moments with room between them
    flow.assigned([_A])
    for _ in range(5):
        for _ in range(8):
            flow.take(1)
        flow.apply()
        clock.advance(0.2)
        flow.free(8, 8)
        flow.apply()
        clock.advance(0.2)

    # When it is asked, then it never held
    assert not [call for call in client.calls if call[0] == "pause"]


@pytest.mark.parametrize("size", [1, 100])
def test_a_held_buffer_flows_again_when_a_quarter_is_free(
    flow: Flow, client: _Client, clock: ManualClock, size: int
) -> None:
    """Not with the first free place: each pause costs a fetch."""
    # Given a buffer held because it was full
    flow.assigned([_A])
    for _ in range(8):
        flow.take(size)
    flow.apply()
    clock.advance(0.5)
    flow.apply()

    # When two of eight are free, then it is still held
    flow.free(2, 2 * size)
    flow.apply()
    assert client.paused == {_A}

    # When one more is, then it flows
    flow.free(1, size)
    flow.apply()
    assert client.paused == set()


def test_every_reason_is_a_metric_while_it_holds(flow: Flow) -> None:
    """What is paused and why can be seen from outside, and ends when it ends."""
    # Given a partition held for itself and with everything
    draining = flow.reason("draining")
    loading = flow.reason("loading")
    flow.assigned([_A, _B])
    loading.pause([_A])
    draining.pause()
    flow.apply()
    assert (_metric(_A, "loading"), _metric(_A, "draining")) == (1, 1)
    assert (_metric(_B, "loading"), _metric(_B, "draining")) == (None, 1)

    # When reasons end or the partition goes, then their series end
    draining.resume()
    flow.gone([_A])
    flow.apply()
    assert [_metric(p, r) for p in (_A, _B) for r in ("loading", "draining")] == [None] * 4


def test_what_a_record_grows_to_counts_as_bytes_in_use(flow: Flow) -> None:
    """An outcome that waits for its commit may be larger than the record was."""
    # Given a record, when it grows to all the room there is, then there is none left
    flow.take(100)
    flow.grow(700)
    assert flow.room == 0

    # When it is committed, then all of it is free
    flow.free(1, 800)
    assert flow.room == 8


def test_a_reason_is_taken_back_from_the_partitions_that_are_named_alone(
    flow: Flow, client: _Client
) -> None:
    """Others that are held for the same reason stay held."""
    # Given two partitions held for one reason
    map_full = flow.reason("map full")
    flow.assigned([_A, _B])
    map_full.pause([_A, _B])

    # When it is taken back from one, then the other is held
    map_full.resume([_A])
    flow.apply()
    assert client.paused == {_B}


def test_a_buffer_full_of_bytes_flows_again_when_a_quarter_of_them_is_free(
    flow: Flow, client: _Client, clock: ManualClock
) -> None:
    """As with records: not with every few of them."""
    # Given a partition held because the bytes are used up
    flow.assigned([_A])
    flow.take(800)
    flow.apply()
    clock.advance(1)
    flow.apply()
    assert client.paused == {_A}

    # When less than a quarter is free, then it stays held; with a quarter it flows
    flow.free(0, 199)
    flow.apply()
    assert client.paused == {_A}
    flow.free(0, 1)
    flow.apply()
    assert client.paused == set()


def test_a_full_buffer_holds_nothing_before_the_moment_is_over(
    flow: Flow, client: _Client, clock: ManualClock
) -> None:
    """A pause throws away what the client has fetched; and the gauge tells how much is taken."""
    # Given a buffer that is full of records
    flow.assigned([_A])
    for _ in range(8):
        flow.take(1)
    flow.apply()
    assert REGISTRY.get_sample_value("headway_in_flight", {"stage": "p1"}) == 8

    # When a moment is not over yet, then nothing is held; when it is, then all is
    clock.advance(0.25)
    flow.apply()
    assert client.paused == set()
    clock.advance(0.1)
    flow.apply()
    assert client.paused == {_A}


def test_what_is_held_and_why_is_shown_to_people(flow: Flow) -> None:
    """Each partition by its name, with its reasons; what flows is not in it."""
    # Given two partitions, one held for two reasons
    breaker_store = flow.reason("breaker:store")
    window_closed = flow.reason("window closed")
    flow.assigned([_A, _B])
    window_closed.pause([_A])
    breaker_store.pause([_A])
    flow.apply()

    # When it is looked at, then it says so, and nothing once it flows
    assert flow.shown == {"jobs[0]": ["breaker:store", "window closed"]}
    window_closed.resume()
    breaker_store.resume()
    flow.apply()
    assert flow.shown == {}
