"""The status service over HTTP: what it answers, and that nobody waits for it for long."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import create_server

import pytest

from gateway.commanding.statusservice import HttpStatusService
from gateway.receiving.refusals import Kind, Refusal

#: Status and body of each path.
_ANSWERS = {
    "/jobs/j1": (200, {"job_id": "j1", "status": "FAILED"}),
    "/jobs/j2": (503, {"detail": "The table is being read."}),
    "/jobs/j3": (200, ["no object"]),
    "/dead-letters?stage=p2&redrivable=true": (200, {"items": [], "total": 0}),
    "/dead-letters?since=x&redrivable=true": (400, {"detail": "since is no time."}),
}


@pytest.fixture
def url() -> Iterator[str]:
    """A service that answers as `_ANSWERS` says, and 404 else."""

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, value = _ANSWERS.get(self.path, (404, {"detail": "Unknown."}))
            self.send_response(status)
            self.send_header("Retry-After", "7")
            self.end_headers()
            self.wfile.write(json.dumps(value).encode())

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def _refusal(service: HttpStatusService, job_id: str) -> Refusal:
    with pytest.raises(Refusal) as raised:
        asyncio.run(service.job(job_id))
    return raised.value


def test_jobs_and_letters_are_asked_for_by_their_routes(url: str) -> None:
    """Letters are those that may be redriven, by the filter's own names."""
    # Given a status service
    service = HttpStatusService(url)

    # When it is asked, then it answers
    assert asyncio.run(service.job("j1"))["status"] == "FAILED"
    assert asyncio.run(service.letters({"stage": "p2"}))["total"] == 0


def test_what_it_does_not_know_or_cannot_say_is_a_refusal(url: str) -> None:
    """404 is no such job; what is no answer is status being away, in its own words."""
    # Given a status service that knows some jobs
    service = HttpStatusService(url)

    # When it is asked for others, and for letters by a filter it refuses
    unknown, loading, odd = (_refusal(service, job_id) for job_id in ("j/9", "j2", "j3"))
    with pytest.raises(Refusal) as filtered:
        asyncio.run(service.letters({"since": "x"}))

    # Then each is told as what it is
    assert unknown.kind is Kind.JOB_UNKNOWN
    assert loading.kind is odd.kind is Kind.STATUS_AWAY
    assert "The table is being read." in loading.detail
    assert loading.headers == {"Retry-After": "7"}
    assert filtered.value.kind is Kind.COMMAND_INVALID
    assert "since is no time." in filtered.value.detail


def test_a_status_service_that_does_not_answer_is_not_waited_for() -> None:
    """Whether its port is closed or it is silent, and whatever its address is."""
    # Given a port that takes connections and never answers, and then nobody there
    with closing(create_server(("127.0.0.1", 0))) as silent:
        port = silent.getsockname()[1]
        waited = _refusal(HttpStatusService(f"http://127.0.0.1:{port}", seconds=0.2), "j1")

    # When it is closed, and when there is no such address
    closed = _refusal(HttpStatusService(f"http://127.0.0.1:{port}"), "j1")
    nonsense = _refusal(HttpStatusService("nonsense"), "j1")

    # Then each is away, with the address and a time to come back after
    for refusal in (waited, closed, nonsense):
        assert refusal.kind is Kind.STATUS_AWAY
        assert "STATUS_API_URL" in refusal.detail
        assert refusal.headers["Retry-After"] == "5"
