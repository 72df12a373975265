"""Files around the limit of 100 MB through a real process, whose memory is watched."""

import re
import socket
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from subprocess import Popen

import httpx
import pytest
from confluent_kafka import Message
from support.waiting import DEADLINE_SECONDS

from gateway.admitting.publisher import Position
from headway.wire.codec import Codec

pytestmark = [pytest.mark.broker, pytest.mark.e2e]

Start = Callable[..., tuple[httpx.Client, Popen[bytes]]]

MB = 1_000_000
#: A file held in memory would take 100.
MOST_GROWTH_MIB = 40


@pytest.fixture
def sparse(tmp_path: Path) -> Callable[[int], Path]:
    """Makes a file of so many bytes that takes no room."""

    def sparse(size_bytes: int) -> Path:
        path = tmp_path / "large.csv"
        with path.open("wb") as file:
            file.truncate(size_bytes)
        return path

    return sparse


def _peak_mib(process: Popen[bytes]) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert peak is not None
    return int(peak[1]) / 1024


def test_a_file_of_the_largest_size_is_taken_in_bounded_memory(
    start: Start,
    record_at: Callable[[Position], Message],
    codec: Codec,
    sparse: Callable[[int], Path],
    tmp_path: Path,
) -> None:
    """100 MB lie in the store, Kafka carries where, and the process has not grown by them."""
    # Given a gateway at rest
    client, process = start()
    before = _peak_mib(process)

    # When a file of the largest size is sent, under a key
    with sparse(100 * MB).open("rb") as file:
        answer = client.post(
            "/generate-file",
            files={"file": file},
            headers={"Idempotency-Key": "so that it is hashed too"},
        )

    # Then it lies in the store, and the record leads to it
    assert answer.status_code == 202, answer.text
    value = record_at(Position(**answer.json()["position"])).value()
    source = codec.decode(value, "job-submitted")["source"]
    assert source["size_bytes"] == 100 * MB
    stored = tmp_path / "store" / source["key"]
    assert stored.stat().st_size == 100 * MB
    stored.unlink()

    # And the process has never held it in memory
    assert _peak_mib(process) - before < MOST_GROWTH_MIB


@pytest.mark.parametrize("declared", [True, False], ids=["content-length", "chunked"])
def test_a_file_above_the_limit_is_refused_in_bounded_memory(
    start: Start, sparse: Callable[[int], Path], *, declared: bool
) -> None:
    """101 MB are answered with 413 that a client gets to read although it was still sending."""
    # Given a gateway at rest
    client, process = start()
    before = _peak_mib(process)

    # When a file that is too large is sent, with or without its length before it
    with sparse(101 * MB).open("rb") as file:
        request = client.build_request("POST", "/generate-file", files={"file": file})
        if not declared:
            del request.headers["Content-Length"]
            request.headers["Transfer-Encoding"] = "chunked"
        answer = client.send(request)

    # Then its client reads why it was refused, and nothing was held in memory
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert "the limit is 100.0 MB (100,000,000 bytes)" in answer.json()["detail"]
    assert ("101.0 MB" in answer.json()["detail"]) is declared
    assert _peak_mib(process) - before < MOST_GROWTH_MIB


def test_a_declared_size_above_the_limit_is_refused_before_anything_is_sent(
    running_gateway: httpx.Client,
) -> None:
    """Content-Length suffices; a client that waits for 100 Continue sends nothing."""
    # Given a client that says how much it has to send, and waits for leave
    url = running_gateway.base_url
    head = (
        "POST /generate-file HTTP/1.1\r\nHost: gateway\r\nExpect: 100-continue\r\n"
        "Content-Type: multipart/form-data; boundary=B\r\nContent-Length: 200000000\r\n\r\n"
    )

    # When it asks for leave
    with socket.create_connection((url.host, url.port or 0)) as connection:
        connection.settimeout(DEADLINE_SECONDS)
        connection.sendall(head.encode())
        answer = b"".join(iter(lambda: connection.recv(4096), b""))

    # Then it is refused, with the size it named
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"200.0 MB (200,000,000 bytes)" in answer


def test_the_process_goes_on_after_a_refused_upload(
    running_gateway: httpx.Client, sparse: Callable[[int], Path]
) -> None:
    """A refusal costs its client the connection and nobody else anything."""
    # Given an upload that was refused
    with sparse(101 * MB).open("rb") as file:
        running_gateway.post("/generate-file", files={"file": file})

    # When another client submits
    answer = running_gateway.post("/generate-file", json={"title": "a", "content": "b"})

    # Then it is served as ever
    assert answer.status_code == 202


def test_an_upload_too_many_is_refused_before_it_is_sent_and_taken_once_there_is_room(
    start: Start,
) -> None:
    """A client that waits for leave sends none of its bytes; the ones before it are not hurt."""
    # Given as many uploads under way as are taken in at once
    client, _ = start(MAX_OPEN_UPLOADS="2", MAX_SPOOLED_BYTES=str(200 * MB))
    head = (
        "POST /generate-file HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
        "Content-Type: multipart/form-data; boundary=B\r\nContent-Length: {}\r\n\r\n"
    )
    part = (
        b'--B\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\na,b\r\n--B--\r\n'
    )

    with ExitStack() as opened:

        def ask(size_bytes: int) -> tuple[socket.socket, bytes]:
            address = (client.base_url.host, client.base_url.port or 0)
            connection = opened.enter_context(closing(socket.create_connection(address)))
            connection.settimeout(DEADLINE_SECONDS)
            connection.sendall(head.format(size_bytes).encode())
            return connection, connection.recv(4096)

        under_way = [ask(len(part)) for _ in range(2)]
        assert [said for _, said in under_way] == [b"HTTP/1.1 100 Continue\r\n\r\n"] * 2

        # When one more asks for leave, then it is told to come later
        _, said = ask(100 * MB)
        assert said.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 10" in said.lower()

        # And the ones under way are taken, and then there is room
        for connection, _ in under_way:
            connection.sendall(part)
            assert connection.recv(4096).startswith(b"HTTP/1.1 202 ")
        _, said = ask(len(part))
        assert b" 100 " in said
