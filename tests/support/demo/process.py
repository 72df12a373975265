"""`demo/run.py` as a user runs it: a real process and its services."""

import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from support.house.modules import ROOT
from support.waiting import DEADLINE_SECONDS

_RUN: Final = ROOT / "demo/run.py"


class Demo:
    """`demo/run.py` in a folder of its own; its output is kept in a file."""

    def __init__(self, state: Path, environment: dict[str, str]) -> None:
        self.state = state
        self.output = state.with_suffix(".out")
        self.environment = environment
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        with self.output.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, _RUN, "--state", self.state, "--free-ports", *arguments],
                env=self.environment,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        self._started.append(process)
        return process

    def run(self, *arguments: str) -> int:
        """Run it to its end; the exit code."""
        return self.start(*arguments).wait(DEADLINE_SECONDS)

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def wait_until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.05)

    def wait_until_open(self) -> None:
        """Wait until all is up and whoever looks may hand in files."""
        self.wait_until(lambda: "Ctrl-C stops everything" in self.said())

    def urls(self) -> dict[str, str]:
        """Where each service answers, by its name, as the demo has told."""
        return dict(re.findall(r"(\w+) +(http://[\w.]+:\d+)  ", self.said()))

    def beside(self, name: str) -> str:
        """Where a service answers that the demo does not wait for, once its log says so."""
        log, found = self.state / "logs" / f"{name}.log", re.compile(r'started", "port": (\d+)')
        self.wait_until(lambda: log.exists() and found.search(log.read_text(encoding="utf-8")))
        return f"http://127.0.0.1:{found.findall(log.read_text(encoding='utf-8'))[-1]}"

    def processes(self) -> list[int]:
        """The services that run for this folder, and the supervisor of each."""
        return list(_processes_told(self.state))

    def service(self, name: str) -> int | None:
        """The process of one service, if it runs."""
        wanted = f"{sys.executable} -m {name} "
        return next((pid for pid in self.processes() if _command(pid) == wanted), None)

    def close(self) -> None:
        """End everything, whatever its state is."""
        for process in self._started:
            process.kill()
            process.wait()
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)


@contextmanager
def demo_on(bootstrap_servers: str, state: Path, **settings: object) -> Iterator[Demo]:
    """A demo that is not started yet, under topics of its own; at the end nothing of it runs."""
    own = {
        "KAFKA_BOOTSTRAP_SERVERS": bootstrap_servers,
        "TOPIC_PREFIX": f"t{uuid.uuid4().hex[:8]}.",
        **{name.upper(): str(value) for name, value in settings.items()},
    }
    demo = Demo(state, os.environ | own)
    try:
        yield demo
    finally:
        demo.close()


def _processes_told(folder: Path) -> Iterator[int]:
    """Processes with *folder* in their environment or command line, but for the demo itself."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            told = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
        except OSError:
            continue  # gone, or another user's
        if str(folder).encode() in told and b"run.py" not in told:
            yield int(entry.name)


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").replace("\0", " ")
    except OSError:
        return ""
