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
    client = Client([_chunk(300), _chunk(200, more=False)])

    more = _exchange(client)

    assert client.got[1]["body"] == b"no"
    assert more == [True, False]
    assert client.closes
    assert client.unsent == []


def test_a_client_that_sends_without_end_is_cut_off() -> None:
    """No more than the bound is read for anybody's sake."""
    client = Client([_chunk(400)] * 10)

    _exchange(client)

    assert len(client.unsent) == 7


def test_a_client_that_falls_silent_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lingering ends after its time even if nothing comes."""
    monkeypatch.setattr(linger, "LINGER_SECONDS", 0.02)
    client = Client([_chunk(1)])

    assert _exchange(client) == [True, False]


def test_a_client_that_stalls_is_not_waited_for_as_long_as_one_that_sends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It was answered; a moment without a byte says that it sends no more."""
    monkeypatch.setattr(linger, "QUIET_SECONDS", 0.02)
    monkeypatch.setattr(linger, "LINGER_SECONDS", 3600)
    client = Client([_chunk(1)])

    assert _exchange(client) == [True, False]
    assert client.asked == 2


def test_a_client_that_left_is_not_waited_for() -> None:
    """A disconnect ends the lingering at once."""
    client = Client([{"type": "http.disconnect"}])

    assert _exchange(client) == [True, False]
    assert client.asked == 1


def test_a_client_that_waits_for_leave_to_send_is_answered_without_lingering() -> None:
    """It has sent nothing, so nothing has to be read."""
    client = Client([])

    _exchange(client, headers=[*BODY, ("expect", "100-continue")])

    assert client.closes
    assert client.asked == 0


def test_a_body_read_whole_leaves_the_connection_open() -> None:
    """The usual answer is passed on as it is."""
    client = Client([_chunk(500, more=False)])

    assert _exchange(client, reads=1) == [False]
    assert not client.closes


def test_a_request_without_a_body_leaves_the_connection_open() -> None:
    """Nothing is read where nothing was announced."""
    client = Client([])

    assert _exchange(client, headers=[]) == [False]
    assert not client.closes
