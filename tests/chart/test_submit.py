"""The script of `helm test`, against a stand-in of the two services."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from support.chart.cases import CASES
from support.chart.render import CHART, Object, Rendered, render
from support.waiting import DEADLINE_SECONDS

_Answer = tuple[int, Object]
_TAKEN: _Answer = (202, {"job_id": "j1", "status": "QUEUED"})


def _job(status: str, *, terminal: bool, **more: Any) -> _Answer:
    return 200, {"status": status, "progress": 50, "terminal": terminal, **more}


@contextmanager
def _services(answers: list[_Answer], asked: list[str]) -> Iterator[str]:
    """Gives the answers in turn, the last one again and again; *asked* is what was asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked.append(f"{self.command} {self.path} {self.headers.get('Idempotency-Key', '')}")
            code, told = answers.pop(0) if len(answers) > 1 else answers[0]
            body = json.dumps(told).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - the base class's name

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the base has it
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def _run(
    answers: list[_Answer], seconds: float = DEADLINE_SECONDS
) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    asked: list[str] = []
    with _services(answers, asked) as url:
        script = str(CHART / "files/submit.py")
        done = subprocess.run(
            [sys.executable, script, url, url, str(seconds)],
            capture_output=True,
            check=False,
            text=True,
            timeout=2 * DEADLINE_SECONDS,
        )
    return done, asked


def test_a_job_that_completes_is_a_release_that_works() -> None:
    """Every state is told as it comes."""
    # Given services that are not ready at once, and a job that status hears of later
    answers = [
        (503, {"title": "not ready"}),
        _TAKEN,
        (404, {"title": "unknown"}),
        _job("PROCESS_1_RUNNING", terminal=False),
        _job("COMPLETED", terminal=True),
    ]

    # When the script is run, then it ends well, having said what it saw
    done, asked = _run(answers)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line for line in lines if "{" not in line] == [
        "submitted j1",
        "PROCESS_1_RUNNING",
        "COMPLETED",
    ]

    # And what was sent again could make no second job
    keys = {line.rpartition(" ")[2] for line in asked if line.startswith("POST")}
    assert len(keys) == 1
    assert keys != {""}
    assert asked[-1].startswith("GET /jobs/j1")


def test_a_job_that_fails_is_told_with_its_error() -> None:
    """Whoever runs the test sees why."""
    # Given a job that fails, when the script is run, then it does too, and says why
    done, _ = _run([_TAKEN, _job("FAILED", terminal=True, error={"message": "no disk"})])
    assert done.returncode == 1
    assert "no disk" in done.stderr


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([(503, {"detail": "Kafka is away"})], "Kafka is away"),
        ([_TAKEN, _job("QUEUED", terminal=False)], "QUEUED"),
    ],
)
def test_what_does_not_end_in_time_is_told_by_what_was_last_heard(
    answers: list[_Answer], words: str
) -> None:
    """A release that does not work ends its test."""
    # Given services that never come to an end, when time is up, then the script says so
    done, _ = _run(answers, seconds=2)
    assert done.returncode == 1
    assert "not COMPLETED within 2 s" in done.stderr
    assert words in done.stderr


def test_the_release_runs_it_on_its_own_services() -> None:
    """By their Services, as everybody's requests go."""
    # Given a release, when its test is read, then it is that script, at those addresses
    release: Rendered = render(CASES["own-kafka"])
    _, _, script, *arguments = release.pod("test").main["command"]
    assert script.strip() == (CHART / "files/submit.py").read_text(encoding="utf-8").strip()
    assert arguments[:2] == [
        "http://jobs-headway-gateway.reports.svc:80",
        "http://jobs-headway-status.reports.svc:80",
    ]
    assert release.of("Pod")["test"]["metadata"]["annotations"]["helm.sh/hook"] == "test"
