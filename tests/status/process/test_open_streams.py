"""Open streams hold up neither each other nor the end."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from support.kafka.cluster import Cluster
from support.status.events.sse import SseRecorder
from support.status.records import Records
from support.status.service import StatusService, Writer, Written
from support.status.truth import latest

pytestmark = pytest.mark.broker


def test_open_streams_do_not_hold_up_the_end(service: StatusService) -> None:
    """SIGTERM ends them at once; their readers come back elsewhere."""
    # Given a reader that has its stream
    with SseRecorder(f"{service.url}/events") as recorder:
        while not recorder.client.last_id:
            time.sleep(0.01)

        # When the service is told to end
        code = service.process.stop()

    # Then it ends in order, not by its watchdog, and the stream with it
    assert code == 0
    assert recorder.client.breaks >= 1


def test_a_reader_that_never_reads_is_dropped_and_holds_up_nobody(
    cluster: Cluster, writer: Writer, records: Records, tmp_path: Path
) -> None:
    """Its buffer is bounded, the write that is stuck is cut, and the others go on."""
    # Given a service that keeps a megabyte for a reader, one that reads and one that never does
    bounds = {"SSE_BUFFER_BYTES": "1000000", "SSE_TICK_MS": "0"}
    service = StatusService({**cluster.environment(), **bounds}, tmp_path).start()
    title = "x" * 300_000
    try:
        with (
            deaf_reader(f"{service.url}/events"),
            SseRecorder(f"{service.url}/events") as recorder,
        ):
            # When so much is told that the second is dropped, while everybody asks on
            number = 0
            while metric(service, "headway_sse_dropped_total") == 0:
                number += 1
                assert number < 100, "30 MB went to a reader that never reads"
                job_id = f"job-{number}"
                value = records.submission(job_id, title=title)
                [place] = writer.commit(Written("jobs.submitted", job_id, value))
                assert service.get(f"/jobs/{job_id}/status?after={place}").status_code == 200
            recorder.wait_for(lambda events: len(latest(events)) == number)
            breaks = recorder.client.breaks
            code = service.process.stop()
    finally:
        service.process.close()

    # Then the other missed nothing, and the service ends in order
    assert (code, breaks) == (0, 0)
    assert service.process.events("ASGI callable returned without completing response.") == []


@contextmanager
def deaf_reader(url: str) -> Iterator[None]:
    """Asks for a stream and takes nothing of it."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0)) as connection:
        connection.sendall(f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
        yield


def metric(service: StatusService, name: str) -> float:
    lines = service.get("/metrics").text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(name))
