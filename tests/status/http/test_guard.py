"""Who may ask the status service, and that it answers for its health whoever else does."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from support.kafka.cluster import Cluster
from support.status.service import StatusService
from support.waiting import DEADLINE_SECONDS, wait_until

from localkafka import RunningBroker

pytestmark = pytest.mark.broker

#: Far fewer than `SSE_CLIENTS` is by default.
FILES = 500


@pytest.fixture
def service(broker: RunningBroker, tmp_path: Path) -> Iterator[StatusService]:
    """A replica that may open few files."""
    environment = Cluster(broker.bootstrap_servers).environment()
    service = StatusService(environment, tmp_path, files=FILES).start()
    yield service
    service.process.close()


def _ask(service: StatusService, opened: ExitStack, request: bytes) -> socket.socket:
    parts = urlsplit(service.url)
    address = (str(parts.hostname), parts.port or 0)
    connection = opened.enter_context(closing(socket.create_connection(address)))
    connection.settimeout(DEADLINE_SECONDS)
    connection.sendall(request)
    return connection


def _told(connection: socket.socket) -> bytes:
    try:
        return connection.recv(12)
    except ConnectionError:
        return b""


def _is_served(service: StatusService, request: bytes) -> bool:
    with ExitStack() as opened:
        return _told(_ask(service, opened, request)) == b"HTTP/1.1 200"


def test_more_readers_than_it_may_open_files_leave_it_alive_and_answering(
    service: StatusService,
) -> None:
    """Those above what it can hold are told so; a probe is answered, and new readers later."""
    # Given a service that may open few files
    head = b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with ExitStack() as opened:
        # When more ask for events than it can hold
        readers = [_ask(service, opened, head) for _ in range(FILES)]
        told = [_told(reader) for reader in readers]

        # Then many are served, and the others are told so at once
        assert set(told) <= {b"HTTP/1.1 200", b"HTTP/1.1 503", b""}
        assert FILES // 4 < told.count(b"HTTP/1.1 200") < FILES

        # And while they are all there, who asks and leaves is answered
        for path in ("/jobs", "/livez", "/readyz", "/metrics"):
            assert service.get(path).status_code == 200
        refused = service.get("/events")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")

    # And once they have left, others are served
    wait_until(lambda: _is_served(service, head))


def test_half_requests_keep_no_reader_out(service: StatusService) -> None:
    """Those that have waited longest for the rest of their request make room."""
    # Given as many requests as it may open files, none of which is ever said to its end
    with ExitStack() as opened:
        for _ in range(FILES):
            _ask(service, opened, b"GET /events HTTP/1.1\r\nHost: localhost\r\nX-Half: ")

        # When whole ones come, then they are answered
        assert service.get("/livez").status_code == service.get("/jobs").status_code == 200


def test_a_client_that_has_said_everything_gets_its_answer(service: StatusService) -> None:
    """A half-close after the request is no leaving."""
    # When a client asks, and closes its side of the connection
    with ExitStack() as opened:
        connection = _ask(service, opened, b"GET /jobs HTTP/1.1\r\nHost: localhost\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))

    # Then it is answered in full
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b'"jobs"' in answer


def test_names_that_anybody_may_own_are_refused_and_nothing_is_sniffed(
    service: StatusService,
) -> None:
    """A page whose owner points his name at this address reads nothing here."""
    # When the same is asked under a name of ours and under somebody's
    ours = service.get("/jobs")
    theirs = httpx.get(f"{service.url}/jobs", headers={"Host": "evil.example"})

    # Then the first alone is answered, and neither may be taken for what it is not
    assert (ours.status_code, theirs.status_code) == (200, 421)
    assert ours.headers["content-type"] == "application/json"
    assert ours.headers["x-content-type-options"] == "nosniff"
    assert theirs.headers["x-content-type-options"] == "nosniff"
