"""A guarded server in this process, and clients of every kind: real sockets, no broker."""

import asyncio
import logging
import random
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import pytest
import uvicorn
from prometheus_client import REGISTRY
from support.waiting import DEADLINE_SECONDS, wait_until

from headway.serving import connections
from headway.serving.connections import ENDLESS, GuardedProtocol, guarded

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
LIVE = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
#: More than what the system keeps on the way to a client that does not read.
LARGE_BYTES = 64 * 1024 * 1024

Connect = Callable[..., socket.socket]


class Application:
    """Answers at once, but `/held` when told, `/large` largely and `/endless` without end."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.held = 0
        self.endless_left = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"]
        if path == "/held":
            self.held += 1
            await asyncio.to_thread(self.release.wait)
        body = b"x" * LARGE_BYTES if path == "/large" else b"whole"
        headers = [(b"content-length", b"%d" % len(body))]
        if path == "/endless":
            scope["extensions"] = {ENDLESS: True}
            headers = []
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if path == "/endless":
            await send({"type": "http.response.body", "body": b"first", "more_body": True})
            while (await receive())["type"] != "http.disconnect":
                pass
            self.endless_left += 1
            return
        await send({"type": "http.response.body", "body": body})


@pytest.fixture
def application() -> Application:
    return Application()


@contextmanager
def _server(application: Application, most: int) -> Iterator[Connect]:
    """Connects to a server of at most *most* connections, sending what is given."""
    config = uvicorn.Config(
        application, http=guarded(GuardedProtocol, most), port=0, lifespan="off", log_config=None
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_until(lambda: server.started)
    address = server.servers[0].sockets[0].getsockname()
    with ExitStack() as opened:

        def connect(sends: bytes = b"") -> socket.socket:
            connection = opened.enter_context(closing(socket.create_connection(address)))
            connection.settimeout(DEADLINE_SECONDS)
            connection.sendall(sends)
            return connection

        try:
            yield connect
        finally:
            application.release.set()
            opened.close()
            server.should_exit = True
            thread.join(DEADLINE_SECONDS)


@pytest.fixture
def connect(application: Application) -> Iterator[Connect]:
    with _server(application, most=4) as connect:
        yield connect


def _everything(connection: socket.socket) -> bytes:
    """All that comes until the connection ends, however it does."""
    got = b""
    try:
        while more := connection.recv(1024 * 1024):
            got += more
    except ConnectionError:
        pass
    return got


def _cut(reason: str) -> float:
    labels = {"reason": reason}
    return REGISTRY.get_sample_value("headway_connections_cut_total", labels) or 0.0


def test_of_those_that_wait_for_a_request_the_longest_makes_room(connect: Connect) -> None:
    """Whoever comes is served; nobody is kept out by connections without a request."""
    # Given as many connections as are served, one of which has had an answer
    first, *others = [connect() for _ in range(4)]
    wait_until(lambda: REGISTRY.get_sample_value("headway_connections") == 1 + len(others))
    first.sendall(GET)
    assert first.recv(15) == b"HTTP/1.1 200 OK"

    # When one more comes and asks
    cut = _cut("crowded")
    assert connect(GET).recv(15) == b"HTTP/1.1 200 OK"

    # Then one was cut for it: the one that has waited longest, and that is not the first any more
    assert _cut("crowded") == cut + 1
    assert _everything(others[0]) == b""
    others[1].sendall(GET)
    assert others[1].recv(15) == b"HTTP/1.1 200 OK"


def test_where_all_are_at_work_only_health_is_answered(
    application: Application, connect: Connect
) -> None:
    """The rest is told to come later, and the connection ends."""
    # Given a server all of whose connections work
    working = [connect(b"GET /held HTTP/1.1\r\nHost: localhost\r\n\r\n") for _ in range(4)]
    wait_until(lambda: application.held == len(working))

    # When more come, then they are told; and health is answered
    refused = _everything(connect(GET))
    assert refused.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 5" in refused.lower()
    assert connect(LIVE).recv(15) == b"HTTP/1.1 200 OK"

    # And once the others are through, they are served
    application.release.set()
    wait_until(lambda: connect(GET).recv(15) == b"HTTP/1.1 200 OK")


def test_a_connection_from_the_reserve_makes_room_for_one_from_the_reserve(
    application: Application,
) -> None:
    """However many half requests come: none of them turns it into a usual one."""
    # Given a server whose only connection works, and a half request in the reserve
    with _server(application, most=1) as connect:
        connect(b"GET /held HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_until(lambda: application.held == 1)
        half = connect(b"GET /livez HTTP/1.1\r\n")

        # When another comes, then it is told that the server is full, and the half one is cut
        assert _everything(connect(GET)).startswith(b"HTTP/1.1 503 ")
        assert _everything(half) == b""


class _Still(GuardedProtocol):
    """A connection without a transport, for its place alone."""

    def __init__(self) -> None: ...


def test_beyond_the_reserve_a_connection_is_refused() -> None:
    """What is left of the descriptors is not for connections."""
    places = connections.Connections(2, reserve=1)

    entries = [places.enter(_Still()) for _ in range(5)]

    assert [entry.name for entry in entries] == [
        *("USUAL", "USUAL", "RESERVED", "REFUSED", "REFUSED")
    ]


@pytest.mark.parametrize("sends", [b"", b"GET / HTTP/1.1\r\nX: "], ids=["nothing", "half"])
def test_a_head_has_its_time(
    application: Application, monkeypatch: pytest.MonkeyPatch, sends: bytes
) -> None:
    """Who has begun is told so; who has sent nothing is just ended."""
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.1)
    with _server(application, most=4) as connect:
        answer = _everything(connect(sends))

    assert answer.startswith(b"HTTP/1.1 408 ") == bool(sends)


def test_the_head_of_a_later_request_has_its_time_too(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that is kept alive is no way around it."""
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.1)
    with _server(application, most=4) as connect:
        connection = connect(GET)
        connection.recv(1000)
        connection.sendall(b"GET / HTTP/1.1\r\nX: ")

        assert b"HTTP/1.1 408 " in _everything(connection)


def test_who_reads_nothing_of_an_answer_is_cut(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of it would stay in memory for as long as he likes."""
    monkeypatch.setattr(connections, "UNREAD_SECONDS", 0.1)
    with _server(application, most=4) as connect:
        cut = _cut("unread")
        connection = connect(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_until(lambda: _cut("unread") > cut)

        assert len(_everything(connection)) < LARGE_BYTES


def test_an_answer_under_way_is_whole_although_its_client_has_ended(connect: Connect) -> None:
    """It said all it had to say; it reads on."""
    connection = connect(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
    connection.shutdown(socket.SHUT_WR)

    assert len(_everything(connection)) > LARGE_BYTES


def test_for_an_endless_answer_a_client_that_has_ended_has_left(
    application: Application, connect: Connect
) -> None:
    """Nobody would ever end it otherwise."""
    connection = connect(b"GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n")
    wait_until(lambda: b"first" in connection.recv(1000))
    connection.shutdown(socket.SHUT_WR)

    wait_until(lambda: application.endless_left == 1)


def test_whatever_bytes_come_the_server_goes_on_and_logs_little(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """Noise, heads cut anywhere, bodies that break off, requests in a row: no error of ours."""
    # Given requests of every kind, spoilt by a seed
    draw = random.Random(20261124)
    chunked = (
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n"
    )
    upgrade = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    whole = [GET, GET + GET, chunked, upgrade, GET + b"\x16\x03\x01", b"POST / HTTP/1.0\r\n\r\n"]

    # When they are sent, cut, spoilt and half-closed
    for _ in range(400):
        request = bytearray(draw.choice(whole))
        for _ in range(draw.randrange(4)):
            request[draw.randrange(len(request))] = draw.randrange(256)
        connection = connect(bytes(request[: draw.randrange(1, len(request) + 1)]))
        if draw.random() < 0.7:
            connection.shutdown(socket.SHUT_WR)
            _everything(connection)

    # Then the next is served, and no error was logged
    assert connect(GET).recv(15) == b"HTTP/1.1 200 OK"
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [record.getMessage() for record in errors] == []
