"""Files around the limit of 100 MB through a real process, whose memory is watched."""

import re
import socket
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import httpx
import pytest
from confluent_kafka import Message

from gateway.publisher import Position
from headway.codec import Codec

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
    status = Path(f"/proc/{process.pid}/status").read_text()
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
    client, process = start()
    before = _peak_mib(process)

    with sparse(100 * MB).open("rb") as file:
        answer = client.post(
            "/generate-file",
            files={"file": file},
            headers={"Idempotency-Key": "so that it is hashed too"},
        )

    assert answer.status_code == 202, answer.text
    value = record_at(Position(**answer.json()["position"])).value()
    source = codec.decode(value, "job-submitted").value["source"]
    assert source["size_bytes"] == 100 * MB
    stored = tmp_path / "store" / source["key"]
    assert stored.stat().st_size == 100 * MB
    stored.unlink()
    assert _peak_mib(process) - before < MOST_GROWTH_MIB


@pytest.mark.parametrize("declared", [True, False], ids=["content-length", "chunked"])
def test_a_file_above_the_limit_is_refused_in_bounded_memory(
    start: Start, sparse: Callable[[int], Path], *, declared: bool
) -> None:
    """101 MB are answered with 413 that a client gets to read although it was still sending."""
    client, process = start()
    before = _peak_mib(process)

    with sparse(101 * MB).open("rb") as file:
        request = client.build_request("POST", "/generate-file", files={"file": file})
        if not declared:
            del request.headers["Content-Length"]
            request.headers["Transfer-Encoding"] = "chunked"
        answer = client.send(request)

    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert "the limit is 100.0 MB (100,000,000 bytes)" in answer.json()["detail"]
    assert ("101.0 MB" in answer.json()["detail"]) is declared
    assert _peak_mib(process) - before < MOST_GROWTH_MIB


def test_a_declared_size_above_the_limit_is_refused_before_anything_is_sent(
    running_gateway: httpx.Client,
) -> None:
    """Content-Length suffices; a client that waits for 100 Continue sends nothing."""
    url = running_gateway.base_url
    head = (
        "POST /generate-file HTTP/1.1\r\nHost: gateway\r\nExpect: 100-continue\r\n"
        "Content-Type: multipart/form-data; boundary=B\r\nContent-Length: 200000000\r\n\r\n"
    )

    with socket.create_connection((url.host, url.port or 0)) as connection:
        connection.settimeout(5)
        connection.sendall(head.encode())
        answer = b"".join(iter(lambda: connection.recv(4096), b""))

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"200.0 MB (200,000,000 bytes)" in answer


def test_the_process_goes_on_after_a_refused_upload(
    running_gateway: httpx.Client, sparse: Callable[[int], Path]
) -> None:
    """A refusal costs its client the connection and nobody else anything."""
    with sparse(101 * MB).open("rb") as file:
        running_gateway.post("/generate-file", files={"file": file})
    answer = running_gateway.post("/generate-file", json={"title": "a", "content": "b"})

    assert answer.status_code == 202
