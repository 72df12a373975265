"""Connections that want nothing good: half a request, too many of them, none of the answer."""

import json
import select
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from subprocess import Popen

import httpx
import pytest
from support.waiting import DEADLINE_SECONDS, wait_until

pytestmark = [pytest.mark.broker, pytest.mark.e2e]

Start = Callable[..., tuple[httpx.Client, Popen[bytes]]]
Connect = Callable[[httpx.Client], socket.socket]

HALF_A_HEAD = b"POST /generate-file HTTP/1.1\r\nHost: localhost\r\nX-Half: "
DOCUMENT = b'{"title": "a.csv", "content": "a,b"}'
#: Fewer than what is tried, so that the bound is met.
FILES = 400
#: More than the process may open files.
CONNECTIONS = 500


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Opens a connection to a gateway that lasts as long as the test."""
    with ExitStack() as opened:

        def connect(client: httpx.Client) -> socket.socket:
            address = (client.base_url.host, client.base_url.port or 0)
            connection = socket.create_connection(address, timeout=DEADLINE_SECONDS)
            return opened.enter_context(closing(connection))

        yield connect


def _post() -> bytes:
    head = "POST /generate-file HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(DOCUMENT)}\r\n\r\n".encode() + DOCUMENT


def _everything_from(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))


def _is_cut(connection: socket.socket) -> bool:
    """Whether the other side has ended it; does not wait."""
    if not select.select([connection], [], [], 0)[0]:
        return False
    try:
        return connection.recv(65536) == b""
    except ConnectionError:
        return True


def test_more_half_requests_than_it_may_open_files_keep_no_other_request_out(
    start: Start, connect: Connect, capfd: pytest.CaptureFixture[str]
) -> None:
    """Health is answered, a submission is taken, and the log stays short."""
    # Given a process that may open few files
    client, _ = start(files=FILES, MAX_OPEN_UPLOADS="64")

    # When more connections than that have sent half a head each
    for _ in range(CONNECTIONS):
        connect(client).sendall(HALF_A_HEAD)

    # Then others are served as ever
    for _ in range(3):
        with closing(httpx.Client(base_url=client.base_url, timeout=DEADLINE_SECONDS)) as fresh:
            assert fresh.get("/livez").status_code == 200
            answer = fresh.post("/generate-file", json={"title": "a.csv", "content": "a,b"})
            assert answer.status_code == 202
    assert len(capfd.readouterr().err.splitlines()) < 100


def test_bodies_that_do_not_come_leave_room_for_health(start: Start, connect: Connect) -> None:
    """All usual connections wait for bodies: a submission is told so, a probe is answered."""
    # Given as many connections as are served at once, each with a request that is not whole
    client, _ = start(MAX_CONNECTIONS="20", MAX_OPEN_UPLOADS="1000")
    client.close()
    for _ in range(20):
        connect(client).sendall(_post()[:-1])

    def asked(path: str) -> httpx.Response:
        return httpx.get(f"{client.base_url}{path}", timeout=DEADLINE_SECONDS)

    # When more is asked, then health is answered and nothing else
    refused = wait_until(lambda: (a := asked("/jobs")).status_code == 503 and a)
    assert isinstance(refused, httpx.Response)
    assert refused.headers["retry-after"] == "5"
    assert asked("/livez").status_code == asked("/readyz").status_code == 200


def test_a_head_that_does_not_end_is_cut(start: Start, connect: Connect) -> None:
    """Each byte buys no further time."""
    # Given a client that has sent half a head
    client, _ = start()
    connection = connect(client)
    connection.sendall(HALF_A_HEAD)

    # When it goes on sending a byte at a time
    def still_sending() -> bool:
        try:
            connection.sendall(b"x")
        except ConnectionError:
            return False
        return not _is_cut(connection)

    # Then it is cut
    wait_until(lambda: not still_sending())


def test_a_client_that_ends_its_side_after_its_request_gets_its_answer(
    running_gateway: httpx.Client, connect: Connect
) -> None:
    """`shutdown(SHUT_WR)` means: I have said everything. The connection ends behind the answer."""
    # Given a whole request
    connection = connect(running_gateway)
    connection.sendall(_post())

    # When its client ends its side
    connection.shutdown(socket.SHUT_WR)

    # Then the answer comes, and then the end
    answer = _everything_from(connection)
    assert answer.startswith(b"HTTP/1.1 202 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["status"] == "QUEUED"


def test_requests_sent_in_a_row_before_the_end_are_all_answered(
    running_gateway: httpx.Client, connect: Connect
) -> None:
    """The second is taken up after the first is answered, although its client has ended."""
    # Given two requests sent at once, and no more to come
    connection = connect(running_gateway)
    connection.sendall(_post() + _post())
    connection.shutdown(socket.SHUT_WR)

    # When the connection is read to its end, then both are answered
    assert _everything_from(connection).count(b"HTTP/1.1 202 ") == 2


def test_half_a_request_is_no_request(running_gateway: httpx.Client, connect: Connect) -> None:
    """A client that ends within its body is not answered, and nothing is taken."""
    # Given a request whose client ends before its last byte
    connection = connect(running_gateway)
    connection.sendall(_post()[:-1])
    connection.shutdown(socket.SHUT_WR)

    # When the connection is read to its end, then nothing was taken
    assert b" 202 " not in _everything_from(connection)


def test_too_few_files_are_refused_at_the_start(start: Start) -> None:
    """It says how many it needs instead of going dark later."""
    # Given a limit of open files below what its settings need, when it starts, then it refuses
    with pytest.raises(AssertionError, match="has ended"):
        start(files=160)
