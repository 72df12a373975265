"""A process and all below it, as Linux counts: CPU since their begin, memory just now."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(pid: int) -> float:
    """User and system time of *pid*, its living children and those it has buried."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    own = sum(int(ticks) for ticks in fields[11:15]) / _TICKS
    return own + sum(cpu_seconds(child) for child in _children(pid))


def memory_bytes(pid: int) -> int:
    """Resident memory; pages shared between processes count in each."""
    try:
        resident = int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1])
    except FileNotFoundError:
        return 0
    return resident * _PAGE + sum(memory_bytes(child) for child in _children(pid))


def _children(pid: int) -> list[int]:
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        told = [(thread / "children").read_text(encoding="utf-8") for thread in threads]
    except FileNotFoundError:
        return []
    return [int(child) for line in told for child in line.split()]
