"""The gateway's topic in memory."""

import asyncio
from dataclasses import dataclass, field

from gateway.admitting.publisher import Position

TOPIC = "jobs.submitted"


@dataclass
class FakePublisher:
    """A topic in a list; it passes the suite the real one passes."""

    records: list[tuple[str, bytes]] = field(default_factory=list)
    #: What the next publications raise.
    failures: list[Exception] = field(default_factory=list)

    async def publish(self, key: str, value: bytes) -> Position:
        # As the real one: other requests go on meanwhile.
        await asyncio.sleep(0)
        if self.failures:
            raise self.failures.pop(0)
        self.records.append((key, value))
        return Position(TOPIC, 0, len(self.records) - 1)
