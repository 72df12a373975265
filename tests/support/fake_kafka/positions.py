"""Where a consumer reads: its assigned partitions, which of them are paused, what comes next."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from support.fake_kafka import errors
from support.fake_kafka.log import Place

from headway.edges import kafka

if TYPE_CHECKING:
    from support.fake_kafka.broker import FakeBroker

_END = -1


class Positions:
    """The assignment of one consumer; methods that read the broker are called under its lock."""

    def __init__(
        self,
        broker: "FakeBroker",
        options: dict[str, Any],
        committed: Callable[[Place], int | None],
    ) -> None:
        self._broker = broker
        self._committed_only = options.get("isolation.level") != "read_uncommitted"
        self._tells_end = bool(options.get("enable.partition.eof"))
        self._resets = options.get("auto.offset.reset", "latest")
        self._committed = committed
        self._next: dict[Place, int] = {}
        self._paused: set[Place] = set()
        self._told_end: dict[Place, int] = {}

    def places(self) -> list[Place]:
        return sorted(self._next)

    def paused(self) -> set[Place]:
        return self._paused & self._next.keys()

    def clear(self) -> None:
        self._next.clear()
        self._paused.clear()
        self._told_end.clear()

    def add(self, partitions: Iterable[kafka.TopicPartition]) -> None:
        """Read on at each one's offset; one without begins where the group has committed."""
        for p in partitions:
            place = p.topic, p.partition
            if place in self._next:
                raise errors.plain(
                    kafka.KafkaError._CONFLICT,
                    f"{p.topic} [{p.partition}] is already part of the current assignment",
                )
            self._next[place] = p.offset

    def remove(self, partitions: Iterable[kafka.TopicPartition]) -> None:
        for p in partitions:
            place = p.topic, p.partition
            if self._next.pop(place, None) is None:
                raise errors.plain(
                    kafka.KafkaError._INVALID_ARG,
                    f"{p.topic} [{p.partition}] is not in the current assignment",
                )
            self._told_end.pop(place, None)

    def pause(self, partitions: Iterable[kafka.TopicPartition]) -> None:
        self._paused |= {(p.topic, p.partition) for p in partitions} & self._next.keys()

    def resume(self, partitions: Iterable[kafka.TopicPartition]) -> None:
        self._paused -= {(p.topic, p.partition) for p in partitions}

    def seek(self, partition: kafka.TopicPartition) -> None:
        place = partition.topic, partition.partition
        if place not in self._next:
            raise errors.state("unassigned")
        self._next[place] = partition.offset
        self._told_end.pop(place, None)

    def position(self, partitions: Iterable[kafka.TopicPartition]) -> list[kafka.TopicPartition]:
        return [
            kafka.TopicPartition(
                p.topic, p.partition, self._next.get((p.topic, p.partition), -1001)
            )
            for p in partitions
        ]

    def take(self, most: int) -> list[kafka.Message]:
        """Up to *most* records, the partitions in turn."""
        found: list[kafka.Message] = []
        for place in list(self._next):
            if place in self._paused:
                continue
            while len(found) < most and (message := self._take_one(place)) is not None:
                found.append(message)
        # Whoever was read last waits longest: no partition starves another.
        self._next = dict([*list(self._next.items())[1:], *list(self._next.items())[:1]])
        return found

    def _take_one(self, place: Place) -> kafka.Message | None:
        log = self._broker.log(place)
        start = self._started(place)
        if not log.first <= start <= log.end:
            return self._out_of_range(place, start)
        offset, record = log.next_visible(start, committed_only=self._committed_only)
        if record is not None:
            self._next[place] = offset + 1
            return record.message(*place, offset)
        self._next[place] = offset
        if self._tells_end and self._told_end.get(place) != offset:
            self._told_end[place] = offset
            return _notice(place, offset, kafka.KafkaError._PARTITION_EOF)
        return None

    def _started(self, place: Place) -> int:
        offset = self._next[place]
        if offset >= 0:
            return offset
        log = self._broker.log(place)
        committed = self._committed(place)
        if offset == kafka.OFFSET_BEGINNING:
            offset = log.first
        elif offset == _END:
            offset = log.visible_end(committed_only=self._committed_only)
        elif committed is not None:
            offset = committed
        else:
            offset = log.first if self._resets == "earliest" else log.end
        self._next[place] = offset
        return offset

    def _out_of_range(self, place: Place, asked: int) -> kafka.Message | None:
        log = self._broker.log(place)
        self._next[place] = log.first if self._resets == "earliest" else log.end
        if self._resets == "error":
            self._paused.add(place)
            return _notice(place, asked, kafka.KafkaError._AUTO_OFFSET_RESET)
        return self._take_one(place)


def _notice(place: Place, offset: int, code: int) -> kafka.Message:
    topic, partition = place
    return kafka.Message(
        topic=topic, partition=partition, offset=offset, error=kafka.KafkaError(code)
    )
