"""How `python -m gateway` ends: what is open is finished or answered."""

import json
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from subprocess import Popen

import httpx
import pytest
from confluent_kafka import Message
from support.waiting import DEADLINE_SECONDS, wait_until

from gateway.admitting.publisher import Position

pytestmark = [pytest.mark.broker, pytest.mark.e2e]

Start = Callable[..., tuple[httpx.Client, Popen[bytes]]]
RecordAt = Callable[[Position], Message]


@contextmanager
def _begun(client: httpx.Client, first: bytes, *, length: int) -> Iterator[socket.socket]:
    """A connection with a request the gateway has begun to read; *length* is that of its body."""
    head = (
        "POST /generate-file HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Expect: 100-continue\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection((client.base_url.host, client.base_url.port or 0)) as connection:
        connection.settimeout(DEADLINE_SECONDS)
        connection.sendall(head.encode())
        # Told to go on by who has begun to read it: one that nobody has accepted yet is cut.
        assert b"100 Continue" in connection.recv(65536)
        connection.sendall(first)
        yield connection


def _answered(connection: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


def test_an_open_request_is_finished_on_sigterm(start: Start, record_at: RecordAt) -> None:
    """An upload that has begun is taken, and the process ends with 0."""
    # Given a request of which the first half has come
    client, process = start()
    first, rest = b'{"title": "a.csv", ', b'"content": "a,b"}'
    with _begun(client, first, length=len(first + rest)) as connection:
        # When the process is told to end, listens no more, and the rest comes
        process.send_signal(signal.SIGTERM)
        _await_refused_connection(client.base_url)
        connection.sendall(rest)
        head, _, body = _answered(connection).partition(b"\r\n\r\n")

    # Then it is taken
    assert head.startswith(b"HTTP/1.1 202 "), head
    answer = json.loads(body)
    assert record_at(Position(**answer["position"])).key() == answer["job_id"].encode()
    assert process.wait(DEADLINE_SECONDS) == 0


def test_a_body_that_does_not_come_is_answered_when_the_time_to_end_is_over(start: Start) -> None:
    """503 says that nothing was taken; the connection is not just cut, and the exit code is 0."""
    # Given a request whose body stops in the middle
    client, process = start(DRAIN_SECONDS="1")
    with _begun(client, b"{", length=9) as connection:
        # When the process is told to end, and the time for open requests passes
        process.send_signal(signal.SIGTERM)
        answer = _answered(connection)

    # Then the request is answered
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"urn:headway:problem:not-taken" in answer
    assert process.wait(DEADLINE_SECONDS) == 0


def _await_refused_connection(url: httpx.URL) -> None:
    """Waits until nobody listens at *url*."""

    def is_refused() -> bool:
        try:
            httpx.get(url)
        except httpx.ConnectError:
            return True
        return False

    wait_until(is_refused)
