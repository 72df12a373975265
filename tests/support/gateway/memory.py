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

    #: The partition that each record was to go into.
    partitions: list[int | None] = field(default_factory=list)

    async def publish(self, key: str, value: bytes, *, partition: int | None = None) -> Position:
        # As the real one: other requests go on meanwhile.
        await asyncio.sleep(0)
        if self.failures:
            raise self.failures.pop(0)
        self.records.append((key, value))
        self.partitions.append(partition)
        return Position(TOPIC, 0, len(self.records) - 1)
