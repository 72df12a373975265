"""A response that goes on: how it ends, whoever ends it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from support.status.rig import Rig
from support.status.web import Web

from status.events import stream as module
from status.events.client import Client
from status.events.stream import CUT, EventStream

Message = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]


class Wire:
    """The server's side of one request, and what the response did to it."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.left = asyncio.Event()
        self.reads = True
        self.cuts = 0

    async def receive(self) -> Message:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if not self.reads:
            await asyncio.Event().wait()
        self.sent.append(message)

    def cut(self) -> None:
        self.cuts += 1

    @property
    def ended(self) -> bool:
        return self.sent[-1].get("more_body") is False


async def counting(client: Client) -> AsyncIterator[bytes]:
    """One event, then silence until the client is ended."""
    yield b"data: 1\n\n"
    await client.ended.wait()


def respond(
    rig: Rig, wire: Wire, feed: Callable[[Client], AsyncIterator[bytes]], then: Callable[[], None]
) -> None:
    """Run a response, and do something once it waits."""

    async def run() -> None:
        scope = {"type": "http", "method": "GET", "extensions": {CUT: wire.cut}}
        response = EventStream(rig.hub.connect, feed)
        running = asyncio.ensure_future(response(scope, wire.receive, wire.send))  # type: ignore[arg-type]  # plain dicts do
        for _ in range(20):
            await asyncio.sleep(0)
        then()
        await running

    asyncio.run(run())


def test_a_stream_is_completed_when_its_client_is_ended(rig: Rig) -> None:
    """Its reader sees an end rather than a break, and comes back."""
    # Given a request for events
    wire = Wire()

    # When its client is ended while it waits for events
    respond(rig, wire, counting, rig.hub.end_all)

    # Then the response was begun, told its event and completed; nothing is kept
    assert [message.get("body") for message in wire.sent] == [None, b"data: 1\n\n", b""]
    assert (wire.ended, wire.cuts, len(rig.hub)) == (True, 0, 0)


def test_a_stream_that_waits_for_something_to_send_is_completed_all_the_same(rig: Rig) -> None:
    """A reader that is held because its replica is behind sees an end, not a break."""
    # Given a feed that hangs before its second event
    wire = Wire()

    async def waiting(_client: Client) -> AsyncIterator[bytes]:
        yield b"event: waiting\n\n"
        await asyncio.Event().wait()

    # When the client is ended
    respond(rig, wire, waiting, rig.hub.end_all)

    # Then the response is completed all the same
    assert [message.get("body") for message in wire.sent] == [None, b"event: waiting\n\n", b""]
    assert (wire.ended, wire.cuts, len(rig.hub)) == (True, 0, 0)


def test_a_stream_ends_when_its_reader_leaves(rig: Rig) -> None:
    """Nothing is kept for who is not there."""
    # Given a request for events
    wire = Wire()

    # When its reader leaves
    respond(rig, wire, counting, wire.left.set)

    # Then the stream is over without a last message, and nothing is kept
    assert (wire.ended, wire.cuts, len(rig.hub)) == (False, 0, 0)


def test_a_write_that_is_stuck_is_cut_with_its_connection(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader does not read, so it would not see an end either."""
    # Given a reader that takes nothing, and little patience for a last write
    monkeypatch.setattr(module, "_LAST_WRITE_SECONDS", 0.001)
    wire = Wire()
    wire.reads = False

    # When its client is ended
    respond(rig, wire, counting, rig.hub.end_all)

    # Then nothing was sent, and the connection is cut
    assert (wire.sent, wire.cuts, len(rig.hub)) == ([], 1, 0)


def test_an_error_in_a_feed_reaches_the_server(rig: Rig) -> None:
    """It logs it and closes the connection."""
    # Given a feed that fails after its first event
    wire = Wire()

    async def failing(_client: Client) -> AsyncIterator[bytes]:
        yield b"data: 1\n\n"
        raise RuntimeError("unexpected")

    # When it is answered with, then the server meets the error
    with pytest.raises(RuntimeError, match="unexpected"):
        respond(rig, wire, failing, lambda: None)
    assert len(rig.hub) == 0


def test_headers_of_a_stream_can_be_asked_for_alone(web: Web) -> None:
    """A stream would never end for who wants no body."""
    # Given a service that has caught up
    # When only the headers of its events are asked for
    response = web.get("/events", method="HEAD")

    # Then they come, and the answer ends
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-accel-buffering"] == "no"
