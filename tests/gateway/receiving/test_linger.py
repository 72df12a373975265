"""How an early answer reaches a client that is still sending, message by message."""

import asyncio
from collections.abc import Iterable

import pytest
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from gateway.receiving import linger
from gateway.receiving.linger import Linger

BODY = [("content-length", "500")]


def _chunk(size: int, *, more: bool = True) -> Message:
    return {"type": "http.request", "body": b"x" * size, "more_body": more}


class Client:
    """Hands out what it sends and keeps what it gets; silent when it has nothing left."""

    def __init__(self, sends: Iterable[Message]) -> None:
        self.unsent = list(sends)
        self.got: list[Message] = []
        self.asked = 0

    async def receive(self) -> Message:
        self.asked += 1
        if not self.unsent:
            await asyncio.sleep(60)
        return self.unsent.pop(0)

    async def send(self, message: Message) -> None:
        self.got.append(message)

    @property
    def closes(self) -> bool:
        return (b"connection", b"close") in self.got[0]["headers"]


def _exchange(
    client: Client, *, headers: Iterable[tuple[str, str]] = BODY, reads: int = 0
) -> list[bool]:
    """An app that answers after *reads* messages; whether each body message had more to come."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for _ in range(reads):
            await receive()
        await Response("no")(scope, receive, send)

    raw = [(name.encode(), value.encode()) for name, value in headers]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": raw}
    asyncio.run(Linger(app, most_bytes=1000)(scope, client.receive, client.send))
    return [message.get("more_body", False) for message in client.got[1:]]


def test_an_early_answer_is_sent_whole_before_the_rest_is_read_and_the_end_told() -> None:
    """The client can read the answer while its bytes are still dropped."""
    # Given a client in the middle of its body
    client = Client([_chunk(300), _chunk(200, more=False)])

    # When the application answers without reading it
    more = _exchange(client)

    # Then the answer goes out whole, and its end only behind the rest of the body
    assert client.got[1]["body"] == b"no"
    assert more == [True, False]
    assert client.closes
    assert client.unsent == []


def test_a_client_that_sends_without_end_is_cut_off() -> None:
    """No more than the bound is read for anybody's sake."""
    # Given a client that sends more than is read for anybody's sake
    client = Client([_chunk(400)] * 10)

    # When it is answered early
    _exchange(client)

    # Then what is beyond the bound is left unread
    assert len(client.unsent) == 7


def test_a_client_that_falls_silent_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lingering ends after its time even if nothing comes."""
    # Given a client that sends a byte and then nothing
    monkeypatch.setattr(linger, "LINGER_SECONDS", 0.02)
    client = Client([_chunk(1)])

    # When it is answered early, then the answer ends after the time to linger
    assert _exchange(client) == [True, False]


def test_a_client_that_stalls_is_not_waited_for_as_long_as_one_that_sends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It was answered; a moment without a byte says that it sends no more."""
    # Given a client that sends a byte and then nothing, and an hour to linger
    monkeypatch.setattr(linger, "QUIET_SECONDS", 0.02)
    monkeypatch.setattr(linger, "LINGER_SECONDS", 3600)
    client = Client([_chunk(1)])

    # When it is answered early, then the answer ends after a moment of silence
    assert _exchange(client) == [True, False]
    assert client.asked == 2


def test_a_client_that_left_is_not_waited_for() -> None:
    """A disconnect ends the lingering at once."""
    # Given a client that has gone
    client = Client([{"type": "http.disconnect"}])

    # When it is answered early, then the answer ends at once
    assert _exchange(client) == [True, False]
    assert client.asked == 1


def test_a_client_that_waits_for_leave_to_send_is_answered_without_lingering() -> None:
    """It has sent nothing, so nothing has to be read."""
    # Given a client that has sent its head and waits for leave
    client = Client([])

    # When it is answered
    _exchange(client, headers=[*BODY, ("expect", "100-continue")])

    # Then the connection ends without a look at the body
    assert client.closes
    assert client.asked == 0


def test_a_body_read_whole_leaves_the_connection_open() -> None:
    """The usual answer is passed on as it is."""
    # Given a client whose body was read
    client = Client([_chunk(500, more=False)])

    # When it is answered, then its connection serves the next request
    assert _exchange(client, reads=1) == [False]
    assert not client.closes


def test_a_request_without_a_body_leaves_the_connection_open() -> None:
    """Nothing is read where nothing was announced."""
    # Given a client that announced no body
    client = Client([])

    # When it is answered, then its connection serves the next request
    assert _exchange(client, headers=[]) == [False]
    assert not client.closes
