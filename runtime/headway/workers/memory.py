"""How much memory another process holds; known on Linux only."""

import os
from pathlib import Path
from typing import Final

_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
_BYTES_PER_MB: Final = 1_000_000


def resident_mb(pid: int) -> float:
    """Megabytes of memory that *pid* holds just now; 0 where that cannot be told."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0
    return pages * _PAGE_BYTES / _BYTES_PER_MB
