"""Many small jobs at once, so that the dashboard has something to show."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import httpx

from terminal import Terminal, bar

_THREADS: Final = 8
#: One in this many is no CSV at all: failures are part of the picture.
_BROKEN_ONE_IN: Final = 25
#: Readings that are missing: a report should have something to say.
_GAPS: Final = 0.05
_STATIONS: Final = ("harbour", "hill", "river", "school", "tower")


def submit_many(terminal: Terminal, gateway: str, count: int) -> None:
    """Hand in *count* small files; returns when each is accepted or refused. Blocks."""
    since = time.monotonic()
    with httpx.Client(timeout=30) as client, ThreadPoolExecutor(_THREADS) as pool:
        answers = pool.map(lambda index: _submit(client, gateway, index), range(1, count + 1))
        accepted = 0
        for done, taken in enumerate(answers, 1):
            accepted += taken
            terminal.move(f"{bar(done * 100 // count)} {count} small files")
    seconds = time.monotonic() - since
    broken = count // _BROKEN_ONE_IN
    terminal.done(
        "crowd",
        f"{accepted} of {count} small files accepted ({broken} of them broken on purpose)",
        f"{seconds:.1f} s",
    )


def _submit(client: httpx.Client, gateway: str, index: int) -> bool:
    title, data = _broken(index) if index % _BROKEN_ONE_IN == 0 else _readings(index)
    try:
        answer = client.post(f"{gateway}/generate-file", files={"file": (title, data)})
    except httpx.TransportError:
        return False
    return answer.is_success


def _broken(index: int) -> tuple[str, bytes]:
    return f"photo-{index:03d}.csv", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" * 8


def _readings(index: int) -> tuple[str, bytes]:
    """A CSV of a weather station: the same for the same *index*."""
    chance = random.Random(index)  # noqa: S311 - made-up weather
    station = chance.choice(_STATIONS)
    lines = ["station,day,temperature,rain_mm"]
    for day in range(1, chance.randint(20, 60)):
        temperature = "" if chance.random() < _GAPS else f"{chance.gauss(12, 6):.1f}"
        lines.append(f"{station},{day},{temperature},{chance.expovariate(0.4):.1f}")
    return f"{station}-{index:03d}.csv", "\n".join(lines).encode()
