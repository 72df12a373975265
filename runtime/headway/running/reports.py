"""What pauses this instance, told once a second while anything but its own buffer does: lossy."""

from collections import Counter
from typing import Any, Final

from headway.base.clock import Clock
from headway.edges import kafka
from headway.owning.flow import BUFFER, Flow
from headway.taking.waiting import REASON as NOT_DUE
from headway.wire.codec import Codec

_INTERVAL_SECONDS: Final = 1.0
#: What pauses a partition now and then where all is well.
_ORDINARY: Final = frozenset({BUFFER, NOT_DUE})


class StageReports:
    """Tells what pauses partitions while something does, and once when nothing does any more."""

    def __init__(
        self,
        producer: kafka.Producer,
        topic: str,
        codec: Codec,
        flow: Flow,
        *,
        stage: str,
        instance: str,
        record: str,
        clock: Clock,
    ) -> None:
        """*producer* is shared with whoever tells progress, and closed there."""
        self._producer = producer
        self._topic = topic
        self._codec = codec
        self._flow = flow
        self._names = {"stage": stage, "instance": instance}
        self._key = f"{stage}/{instance}".encode()
        self._record = record
        self._clock = clock
        self._since: dict[str, int] = {}
        self._next_at = 0.0

    def turn(self) -> None:
        """Tell it if it is time to; never blocks."""
        now = self._clock.monotonic()
        if now < self._next_at:
            return
        self._next_at = now + _INTERVAL_SECONDS
        told_before, pauses = bool(self._since), self._pauses()
        if pauses or told_before:
            self._send(pauses)

    def _pauses(self) -> list[dict[str, Any]]:
        names = (name for names in self._flow.reasons().values() for name in names)
        partitions = Counter(name for name in names if name not in _ORDINARY)
        at = self._clock.now_ms()
        self._since = {name: self._since.get(name, at) for name in sorted(partitions)}
        return [
            {"reason": name, "since": since, "partitions": partitions[name]}
            for name, since in self._since.items()
        ]

    def _send(self, pauses: list[dict[str, Any]]) -> None:
        value = {**self._names, "at": self._clock.now_ms(), "pauses": pauses}
        data = self._codec.encode(self._record, value)
        try:
            self._producer.produce(self._topic, value=data, key=self._key)
        except (BufferError, kafka.KafkaException):
            return  # the next one says all there is then; if it was the last, its silence does
