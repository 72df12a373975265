"""Waiting for a condition: one generous deadline for every test, which scales with the machine.

A deadline here is no claim about speed; it only ends a test that would otherwise hang. So it is
the same everywhere, and far longer than anything takes on an idle machine. `PATIENCE=3` in the
environment multiplies it, for machines that are busier still.
"""

import os
import time
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

#: Seconds; what takes longer on a machine at load 30 has hung.
DEADLINE_SECONDS: Final = 180.0 * float(os.environ.get("PATIENCE", "1"))
#: Seconds between two looks: a look may be a read of a whole topic.
_PAUSE_SECONDS: Final = 0.05


def wait_until(
    condition: Callable[[], T | None],
    told: Callable[[], object] = lambda: "",
    *,
    seconds: float = DEADLINE_SECONDS,
    pause_seconds: float = _PAUSE_SECONDS,
) -> T:
    """The first true value of *condition*; *told* says what was found if there is none in time."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not true within {seconds:g} s: {told()}"
        time.sleep(pause_seconds)
    return value
