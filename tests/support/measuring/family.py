"""A process and all below it, as Linux counts: CPU since their begin, memory just now."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(pid: int) -> float:
    """User and system time of *pid*, its living children and those it has buried."""
    return sum(_ticks(one) for one in _family(pid)) / _TICKS


def memory_bytes(pid: int) -> int:
    """Resident memory; pages shared between processes count in each."""
    return sum(_pages(one) for one in _family(pid)) * _PAGE


def _family(pid: int) -> Iterator[int]:
    yield pid
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text(encoding="utf-8").split():
                yield from _family(int(child))


def _ticks(pid: int) -> int:
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return sum(int(ticks) for ticks in fields[11:15])
    return 0


def _pages(pid: int) -> int:
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1])
    return 0
