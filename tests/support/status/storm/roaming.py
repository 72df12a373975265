"""Many readers of events in one event loop, each of which remembers the newest it has seen."""

import asyncio
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from support.status.events.sse import Event, Parser

from headway.declared.pipeline import Pipeline

_ORDER: Final = {name: rank for rank, name in enumerate(Pipeline.load().statuses)}
#: A stopped replica says nothing; a browser's page looks elsewhere after a while too.
_QUIET_SECONDS: Final = 8.0

Newest = tuple[int, int, int]


@dataclass
class Roamer:
    """Follows *path* for ever, by its last id; `faults` is what must not happen."""

    path: str
    port: int
    rng: random.Random
    latest: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    events: int = 0
    waits: int = 0
    visits: int = 0
    _last_id: str = ""

    async def run(self) -> None:
        while True:
            try:
                async with asyncio.timeout(60):
                    await self._visit()
            except (OSError, TimeoutError, asyncio.IncompleteReadError):
                pass  # cut, or nobody there: that is what it is about
            self.visits += 1
            await asyncio.sleep(self.rng.uniform(0.0, 0.3))

    async def _visit(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            # HTTP/1.0: the body is what comes, without chunks around it.
            resume = f"Last-Event-ID: {self._last_id}\r\n" if self._last_id else ""
            request = f"GET {self.path} HTTP/1.0\r\nHost: localhost\r\n{resume}\r\n"
            writer.write(request.encode())
            head = await reader.readuntil(b"\r\n\r\n")
            status = int(head.split(b" ", 2)[1])
            if status == 200:
                await self._read(reader)
            elif status < 500:
                self.faults.append(f"{self.path} was answered {status}")
        finally:
            writer.transport.abort()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        parser = Parser(self._last_id)
        while True:
            async with asyncio.timeout(_QUIET_SECONDS):
                line = await reader.readuntil(b"\n")
            for event in parser.feed([line.decode().removesuffix("\n").removesuffix("\r")]):
                self._take(event)
            # As in a browser: an id counts once its event is whole.
            if line in {b"\n", b"\r\n"}:
                self._last_id = parser.last_id

    def _take(self, event: Event) -> None:
        self.events += 1
        if event.event == "waiting":
            self.waits += 1
        elif event.event == "pauses":
            assert event.json() == {"pauses": []}
        elif event.event == "job":
            self._note(event.json(), event.id)
        elif event.event not in {"expected", "lines"}:
            self.faults.append(f"{self.path}: {event.event} {event.data} (id {event.id})")

    def _note(self, job: dict[str, Any], event_id: str) -> None:
        before = self.latest.get(job["job_id"])
        if before is not None and _newness(job) < _newness(before):
            told = json.dumps([before["status"], before["progress"]])
            now = json.dumps([job["status"], job["progress"]])
            self.faults.append(f"{job['job_id']}: {told} -> {now} (id {event_id})")
        self.latest[job["job_id"]] = job


class Roamers:
    """All of them, run until told to end."""

    def __init__(self) -> None:
        self.all: list[Roamer] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, roamer: Roamer) -> None:
        self.all.append(roamer)
        self._tasks.add(asyncio.get_running_loop().create_task(roamer.run()))

    async def until(self, condition: Callable[[], bool], *, seconds: float) -> bool:
        """Whether *condition* turned true within *seconds*."""
        deadline = asyncio.get_running_loop().time() + seconds
        while not condition():
            if asyncio.get_running_loop().time() > deadline:
                return False
            await asyncio.sleep(0.1)
        return True

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def faults(self) -> list[str]:
        return [fault for roamer in self.all for fault in roamer.faults]


def _newness(job: dict[str, Any]) -> Newest:
    return job["attempt"], _ORDER[job["status"]], job["progress"]
