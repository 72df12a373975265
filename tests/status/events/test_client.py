"""What waits for one reader, and within which bounds."""

import asyncio

import pytest

from status.events import client as module
from status.events.client import Bounds, Chunk, Client
from status.events.sse import HEARTBEAT

BOUNDS = Bounds(chunks=3, bytes=10)


def test_a_client_hears_nothing_before_it_listens() -> None:
    """What was before is read from the table."""
    # Given a client to which something was offered before it listens
    client = Client(None, BOUNDS)
    client.offer(Chunk(1, b"before"))

    # When it listens, and more is offered
    client.listen()
    client.offer(Chunk(2, b"after"))

    # Then it has what came afterwards
    assert _drained(client) == [b"after"]


def test_what_a_snapshot_contained_is_skipped_whenever_it_arrives() -> None:
    """A chunk may be offered before or after the snapshot's commit is known."""
    # Given a client that listens, with what two commits said
    client = Client(None, BOUNDS)
    client.listen()
    client.offer(Chunk(1, b"a"))
    client.offer(Chunk(3, b"c"))

    # When a snapshot of the second commit is known, and two more are offered, one of them older
    client.skip(2)
    client.offer(Chunk(2, b"b"))
    client.offer(Chunk(4, b"d"))

    # Then it has what is newer than the snapshot
    assert _drained(client) == [b"cd"]


def test_listening_again_forgets_what_waited() -> None:
    """The page read after it contains that, and is newer."""
    # Given a client with something waiting, which has paused
    client = Client(None, BOUNDS)
    client.listen()
    client.offer(Chunk(1, b"a"))
    client.pause()
    client.offer(Chunk(2, b"b"))

    # When it listens again
    client.listen()
    client.offer(Chunk(3, b"c"))

    # Then it has only what came since
    assert _drained(client) == [b"c"]


@pytest.mark.parametrize("sizes", [(1, 1, 1, 1), (6, 5), (11, 1)])
def test_a_full_client_takes_no_more(sizes: tuple[int, ...]) -> None:
    """Chunks and bytes are bounded, but one chunk of any size may wait."""
    # Given a client for three chunks or ten bytes
    client = Client(None, BOUNDS)
    client.listen()

    # When chunks are offered up to one of the two bounds, and one more
    taken = [client.offer(Chunk(number, b"x" * size)) for number, size in enumerate(sizes)]

    # Then all but the last are taken
    assert taken == [True] * (len(sizes) - 1) + [False]


def test_what_was_sent_makes_room() -> None:
    """The bound is on what waits, not on what was ever offered."""
    # Given a client that was full and has sent what waited
    client = Client(None, BOUNDS)
    client.listen()
    client.offer(Chunk(1, b"x" * 10))
    _drained(client)

    # When as much is offered again
    taken = client.offer(Chunk(2, b"x" * 10))

    # Then it is taken
    assert taken


def test_a_quiet_stream_gets_a_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxies close what is silent."""
    # Given a client to which nothing is offered
    monkeypatch.setattr(module, "HEARTBEAT_SECONDS", 0.001)
    client = Client(None, BOUNDS)

    # When a moment passes
    first = asyncio.run(_first(client))

    # Then it sends a heartbeat
    assert first == HEARTBEAT


def test_an_ended_client_streams_nothing_more() -> None:
    """A reader that is dropped comes back by its last id and is sent what waited here."""
    # Given a client with something waiting
    client = Client(None, BOUNDS)
    client.listen()
    client.offer(Chunk(1, b"a"))

    # When it is ended
    client.end()

    # Then its stream has nothing
    assert asyncio.run(_all(client)) == []


async def _first(client: Client) -> bytes:
    return await anext(aiter(client.stream()))


async def _all(client: Client) -> list[bytes]:
    return [data async for data in client.stream()]


def _drained(client: Client) -> list[bytes]:
    return [asyncio.run(_first(client))]
