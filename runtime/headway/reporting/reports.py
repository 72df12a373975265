"""What an instance has done, what waits for it and what pauses it, told once a second: lossy."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from headway.base.clock import Clock
from headway.edges import kafka
from headway.owning.flow import BUFFER, Flow
from headway.taking.waiting import REASON as NOT_DUE
from headway.wire.codec import Codec

_INTERVAL_SECONDS: Final = 1.0
#: What pauses a partition now and then where all is well.
_ORDINARY: Final = frozenset({BUFFER, NOT_DUE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Who tells it, and where: all of a stage in one partition, so that one reader hears them all.

    *record* is the name of the report's schema.
    """

    stage: str
    instance: str
    life: str
    record: str
    partition: int

    @property
    def names(self) -> dict[str, str]:
        return {"stage": self.stage, "instance": self.instance, "life": self.life}

    @property
    def key(self) -> bytes:
        return self.stage.encode()


class StageReports:
    """Tells it while the loop turns, and a last time when it ends."""

    def __init__(
        self,
        producer: kafka.Producer,
        topic: str,
        codec: Codec,
        flow: Flow,
        *,
        done: Callable[[], dict[str, Any]],
        line: Callable[[], dict[str, Any]],
        teller: Teller,
        clock: Clock,
    ) -> None:
        """*done* and *line* are asked for what a report says of work and of what waits for it.

        *producer* is shared with whoever tells progress, and closed there.
        """
        self._producer = producer
        self._topic = topic
        self._codec = codec
        self._flow = flow
        self._done = done
        self._line = line
        self._teller = teller
        self._clock = clock
        self._began_at = clock.now_ms()
        self._number = 0
        self._since: dict[str, int] = {}
        self._next_at = 0.0

    def turn(self) -> None:
        """Tell it if it is time to; never blocks."""
        now = self._clock.monotonic()
        if now < self._next_at:
            return
        self._next_at = now + _INTERVAL_SECONDS
        self.tell()

    def tell(self) -> None:
        """Tell it now."""
        self._number += 1
        value = {
            **self._teller.names,
            "at": self._clock.now_ms(),
            "pauses": self._pauses(),
            "began_at": self._began_at,
            "number": self._number,
            **self._done(),
            **self._line(),
        }
        self._send(self._codec.encode(self._teller.record, value))

    def _pauses(self) -> list[dict[str, Any]]:
        names = (name for names in self._flow.reasons().values() for name in names)
        partitions = Counter(name for name in names if name not in _ORDINARY)
        at = self._clock.now_ms()
        self._since = {name: self._since.get(name, at) for name in sorted(partitions)}
        return [
            {"reason": name, "since": since, "partitions": partitions[name]}
            for name, since in self._since.items()
        ]

    def _send(self, data: bytes) -> None:
        teller = self._teller
        try:
            self._producer.produce(
                self._topic, value=data, key=teller.key, partition=teller.partition
            )
        except (BufferError, kafka.KafkaException):
            return  # totals: the next one says all that this one did
