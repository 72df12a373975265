"""Real service processes: started, signalled, their logs kept for the failure message."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headway.broker.ports import free_ports

_TESTS = Path(__file__).parents[1]
_START_SECONDS = 40.0


class Service:
    """One process running `python -m <module>`; its log lines are read back as events."""

    def __init__(self, module: str, *, environment: Mapping[str, str], log: Path) -> None:
        self.module = module
        self.log = log
        self._environment = {**os.environ, "PYTHONPATH": str(_TESTS), **environment}
        self._process: subprocess.Popen[bytes] | None = None
        self._begun_at_byte = 0

    def start(self) -> "Service":
        """Start the process; does not wait until it is ready."""
        self._begun_at_byte = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *self.module.split()],
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
        self, name: str, *, seconds: float = _START_SECONDS, count: int = 1
    ) -> list[dict[str, Any]]:
        """Wait until *name* was logged *count* times since the last start."""
        deadline = time.monotonic() + seconds
        while len(found := self.events(name)) < count:
            assert self.process.poll() is None, f"{self.module} ended:\n{self.tail()}"
            assert time.monotonic() < deadline, f"no {name} in {seconds} s:\n{self.tail()}"
            time.sleep(0.05)
        return found

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL, and wait until the process is gone."""
        self.process.kill()
        self.process.wait()

    def stop(self, *, seconds: float = 40.0) -> int:
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.module} did not stop:\n{self.tail()}") from None

    def close(self) -> None:
        """End the process whatever its state is."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-40:])


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
