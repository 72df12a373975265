"""Clients that take their time, leave early or send anything at all: real sockets, no broker."""

import logging
import random
import socket

import pytest
from support.services.guarded import (
    GET,
    LARGE_BYTES,
    Application,
    Connect,
    cut,
    everything,
    guarded_server,
)
from support.waiting import wait_until

from headway.serving import connections


@pytest.mark.parametrize("sends", [b"", b"GET / HTTP/1.1\r\nX: "], ids=["nothing", "half"])
def test_a_head_has_its_time(
    application: Application, monkeypatch: pytest.MonkeyPatch, sends: bytes
) -> None:
    """Who has begun is told so; who has sent nothing is just ended."""
    # Given a server with little patience
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.1)
    with guarded_server(application, most=4) as connect:
        # When somebody sends nothing, or half a head
        answer = everything(connect(sends))

    # Then the connection ends, and who had begun was answered
    assert answer.startswith(b"HTTP/1.1 408 ") == bool(sends)


def test_the_head_of_a_later_request_has_its_time_too(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that is kept alive is no way around it."""
    # Given a server with little patience, and a connection that has had an answer
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.1)
    with guarded_server(application, most=4) as connect:
        connection = connect(GET)
        connection.recv(1000)

        # When half a head comes on it, then it is told so and ended
        connection.sendall(b"GET / HTTP/1.1\r\nX: ")
        assert b"HTTP/1.1 408 " in everything(connection)


def test_who_reads_nothing_of_an_answer_iscut(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of it would stay in memory for as long as he likes."""
    # Given a server with little patience
    monkeypatch.setattr(connections, "UNREAD_SECONDS", 0.1)
    with guarded_server(application, most=4) as connect:
        before = cut("unread")

        # When somebody asks for much and takes nothing of it
        connection = connect(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_until(lambda: cut("unread") > before)

        # Then the rest of it does not come
        assert len(everything(connection)) < LARGE_BYTES


def test_an_answer_under_way_is_whole_although_its_client_has_ended(connect: Connect) -> None:
    """It said all it had to say; it reads on."""
    # Given a client that has asked for much
    connection = connect(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")

    # When it ends its side, then all of it comes
    connection.shutdown(socket.SHUT_WR)
    assert len(everything(connection)) > LARGE_BYTES


def test_for_an_endless_answer_a_client_that_has_ended_has_left(
    application: Application, connect: Connect
) -> None:
    """Nobody would ever end it otherwise."""
    # Given a client that follows something without end
    connection = connect(b"GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n")
    wait_until(lambda: b"first" in connection.recv(1000))

    # When it ends its side, then the application is told that it has left
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
            everything(connection)

    # Then the next is served, and no error was logged
    assert connect(GET).recv(15) == b"HTTP/1.1 200 OK"
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [record.getMessage() for record in errors] == []
