"""A full buffer holds everything after a moment, and flows again with room to spare."""

import pytest
from prometheus_client import REGISTRY
from support.clock import ManualClock
from support.rooms.flowing import A, B, Client

from headway.owning.flow import BUFFER, Flow


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
    flow: Flow, client: Client, clock: ManualClock
) -> None:
    """A moment's fullness costs nothing; a lasting one must still let the group be served."""
    # Given a buffer that has just become full
    flow.assigned([A, B])
    for _ in range(8):
        flow.take(1)
    flow.apply()
    assert client.paused == set()

    # When it stays so, then everything is held, and what comes later too
    clock.advance(0.5)
    flow.apply()
    assert client.paused == {A, B}
    assert flow.paused
    assert flow.reasons() == {A: frozenset({BUFFER}), B: frozenset({BUFFER})}


def test_a_buffer_full_again_and_again_for_a_moment_holds_nothing(
    flow: Flow, client: Client, clock: ManualClock
) -> None:
    """The time counts from the moment it became full, not from the first time ever."""
    # Given a buffer full for moments with room between them
    flow.assigned([A])
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
    flow: Flow, client: Client, clock: ManualClock, size: int
) -> None:
    """Not with the first free place: each pause costs a fetch."""
    # Given a buffer held because it was full
    flow.assigned([A])
    for _ in range(8):
        flow.take(size)
    flow.apply()
    clock.advance(0.5)
    flow.apply()

    # When two of eight are free, then it is still held
    flow.free(2, 2 * size)
    flow.apply()
    assert client.paused == {A}

    # When one more is, then it flows
    flow.free(1, size)
    flow.apply()
    assert client.paused == set()


def test_what_a_record_grows_to_counts_as_bytes_in_use(flow: Flow) -> None:
    """An outcome that waits for its commit may be larger than the record was."""
    # Given a record, when it grows to all the room there is, then there is none left
    flow.take(100)
    flow.grow(700)
    assert flow.room == 0

    # When it is committed, then all of it is free
    flow.free(1, 800)
    assert flow.room == 8


def test_a_buffer_full_of_bytes_flows_again_when_a_quarter_of_them_is_free(
    flow: Flow, client: Client, clock: ManualClock
) -> None:
    """As with records: not with every few of them."""
    # Given a partition held because the bytes are used up
    flow.assigned([A])
    flow.take(800)
    flow.apply()
    clock.advance(1)
    flow.apply()
    assert client.paused == {A}

    # When less than a quarter is free, then it stays held; with a quarter it flows
    flow.free(0, 199)
    flow.apply()
    assert client.paused == {A}
    flow.free(0, 1)
    flow.apply()
    assert client.paused == set()


def test_a_full_buffer_holds_nothing_before_the_moment_is_over(
    flow: Flow, client: Client, clock: ManualClock
) -> None:
    """A pause throws away what the client has fetched; and the gauge tells how much is taken."""
    # Given a buffer that is full of records
    flow.assigned([A])
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
    assert client.paused == {A}
