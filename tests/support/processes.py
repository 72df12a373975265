"""Real service processes: started, signalled, their logs kept for the failure message."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from support.waiting import DEADLINE_SECONDS, wait_until

from localkafka.ports import free_ports

_TESTS = Path(__file__).parents[1]
#: A run in a copy of the repository says where its packages are.
_PATH = os.pathsep.join(filter(None, [str(_TESTS), os.environ.get("PYTHONPATH")]))
#: Settings of stages: what may pass is tried again as in production, and over within a test.
LATER_TRIES: Mapping[str, object] = {"retry_tries": 2, "retry_delays": "0.1,0.2,0.3"}


class Service:
    """One process running `python -m <module>`; its log lines are read back as events.

    *files* is how many files it may open; *python* is who runs it.
    """

    def __init__(
        self,
        module: str,
        *,
        environment: Mapping[str, str],
        log: Path,
        files: int | None = None,
        python: str = sys.executable,
    ) -> None:
        self.module = module
        self._python = python
        self._limit = ["prlimit", f"--nofile={files}"] if files else []
        self.log = log
        self._environment = {
            **os.environ,
            "PYTHONPATH": _PATH,
            "PYTHONFAULTHANDLER": "1",
            # Where the test's own files are: what a killed process leaves goes with them.
            "SCRATCH_DIR": str(log.parent / "scratch"),
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._begun_at_byte = 0

    def start(self) -> "Service":
        """Start the process; does not wait until it is ready."""
        self._begun_at_byte = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                [*self._limit, self._python, "-m", *self.module.split()],
                env=self._environment,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        return self

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "not started"
        return self._process

    def events(self, name: str, *, whole_log: bool = False) -> list[dict[str, Any]]:
        """Log lines with that event, since the last start or of the whole log."""
        with self.log.open("rb") as lines:
            lines.seek(0 if whole_log else self._begun_at_byte)
            parsed = [_parse(line) for line in lines]
        return [line for line in parsed if line.get("event") == name]

    def wait_for_event(
        self, *names: str, seconds: float = DEADLINE_SECONDS, count: int = 1
    ) -> list[dict[str, Any]]:
        """Wait until one of *names* was logged *count* times since the last start."""

        def logged() -> list[dict[str, Any]]:
            assert self.process.poll() is None, f"{self.module} ended:\n{self.tail()}"
            found = [self.events(name) for name in names]
            return next((events for events in found if len(events) >= count), [])

        return wait_until(logged, lambda: f"no {names}:\n{self.tail()}", seconds=seconds)

    def wait_until_stopped(self) -> None:
        """Wait until SIGSTOP has taken effect on it, whoever sent it."""
        stat = Path(f"/proc/{self.process.pid}/stat")
        wait_until(
            lambda: stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "T",
            lambda: f"it runs on:\n{self.tail()}",
        )

    def wait_for_exit(self, *, seconds: float = DEADLINE_SECONDS) -> int:
        """The exit code, once it ends by itself."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.module} did not end:\n{self.tail()}") from None

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL, and wait until the process is gone."""
        self.process.kill()
        self.process.wait()

    def stop(self, *, seconds: float = DEADLINE_SECONDS) -> int:
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        return self.wait_for_exit(seconds=seconds)

    def close(self) -> None:
        """End the process whatever its state is."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def metric(self, line: str) -> float:
        """The value of a sample of a stage, by its whole name and labels as they are scraped."""
        (started,) = self.wait_for_event("stage.started")[-1:]
        url = f"http://127.0.0.1:{started['port']}/metrics"
        scraped = httpx.get(url, timeout=DEADLINE_SECONDS).text
        values = [text.rpartition(" ") for text in scraped.splitlines()]
        return next((float(value) for name, _, value in values if name == line), 0.0)

    def tail(self) -> str:
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-40:])


def free_port() -> int:
    """A port nobody listens on just now."""
    (port,) = free_ports([0])
    return port


def _parse(line: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(line)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
