"""What a broker that this process started takes: processor time, and bytes of its logs."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Taken:
    """Since the broker began."""

    seconds: float
    size_bytes: int

    def since(self, before: "Taken") -> "Taken":
        return Taken(self.seconds - before.seconds, self.size_bytes - before.size_bytes)


def taken() -> Taken:
    """What it has taken so far; nothing if it runs elsewhere, or /proc is not there."""
    seconds, size_bytes = 0.0, 0
    for process in _descendants(os.getpid()):
        name, fields = _stat(process)
        if name == "java":
            seconds += (int(fields[11]) + int(fields[12])) / _TICKS
            logs = (process / "cwd").resolve() / "kafka"
            size_bytes += sum(log.stat().st_size for log in logs.rglob("*.log"))
    return Taken(seconds, size_bytes)


def _descendants(pid: int) -> Iterator[Path]:
    for child in _children(pid):
        yield _PROC / str(child)
        yield from _descendants(child)


def _children(pid: int) -> list[int]:
    tasks = (_PROC / str(pid) / "task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text(encoding="utf-8").split()]


def _stat(process: Path) -> tuple[str, list[str]]:
    """Its name, and what follows that in its `stat`."""
    try:
        text = (process / "stat").read_text(encoding="utf-8")
    except OSError:
        return "", []
    name, _, rest = text.partition("(")[2].rpartition(")")
    return name, rest.split()
