"""The client's consumer over the broker in this process."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from support.fake_kafka import errors
from support.fake_kafka.admin import AnsweredPlace
from support.fake_kafka.group import Member
from support.fake_kafka.log import Place
from support.fake_kafka.positions import Positions

from headway.edges import kafka

if TYPE_CHECKING:
    from support.fake_kafka.broker import FakeBroker

Rebalanced = Callable[["FakeConsumer", list[kafka.TopicPartition]], None]


class FakeConsumer:
    """What the runtime calls of a `kafka.Consumer`.

    It joins its group, and is told what it is assigned and loses, in its polls alone.
    """

    def __init__(self, broker: "FakeBroker", options: dict[str, Any], member_id: str) -> None:
        self.options = options
        self.group_id: str = options["group.id"]
        self.member = Member(member_id, (), client_id=options.get("client.id", ""))
        self._broker = broker
        self._positions = Positions(broker, options, self._committed_offset)
        self._told: dict[str, Rebalanced | None] = {}
        self._took_it_up = False
        self._closed = False

    def subscribe(
        self,
        topics: list[str],
        on_assign: Rebalanced | None = None,
        on_revoke: Rebalanced | None = None,
        on_lost: Rebalanced | None = None,
    ) -> None:
        self.member.topics = tuple(topics)
        self._told = {"assign": on_assign, "revoke": on_revoke, "lost": on_lost or on_revoke}

    def poll(self, timeout: float = -1) -> kafka.Message | None:
        found = self._collect("poll", 1, timeout)
        return found[0] if found else None

    def consume(self, num_messages: int = 1, timeout: float = -1) -> list[kafka.Message]:
        return self._collect("consume", num_messages, timeout)

    def assign(self, partitions: list[kafka.TopicPartition]) -> None:
        with self._call("assign"):
            self._positions.clear()
            self._positions.add(partitions)

    def unassign(self) -> None:
        self._positions.clear()

    def incremental_assign(self, partitions: list[kafka.TopicPartition]) -> None:
        with self._call("incremental_assign"):
            self._took_it_up = True
            self._positions.add(partitions)

    def incremental_unassign(self, partitions: list[kafka.TopicPartition]) -> None:
        with self._call("incremental_unassign"):
            self._took_it_up = True
            self._positions.remove(partitions)

    def assignment(self) -> list[kafka.TopicPartition]:
        return [kafka.TopicPartition(*place) for place in self._positions.places()]

    def pause(self, partitions: list[kafka.TopicPartition]) -> None:
        with self._call("pause"):
            self._positions.pause(partitions)

    def resume(self, partitions: list[kafka.TopicPartition]) -> None:
        with self._call("resume"):
            self._positions.resume(partitions)

    def paused(self) -> set[Place]:
        """Only the fake can be asked: what is assigned and paused just now."""
        return self._positions.paused()

    def seek(self, partition: kafka.TopicPartition) -> None:
        with self._call("seek"):
            self._positions.seek(partition)

    def position(self, partitions: list[kafka.TopicPartition]) -> list[kafka.TopicPartition]:
        return self._positions.position(partitions)

    def committed(
        self, partitions: list[kafka.TopicPartition], timeout: float = -1
    ) -> list[kafka.TopicPartition]:
        with self._call("committed"):
            places = [(p.topic, p.partition) for p in partitions]
            group = self._broker.groups[self.group_id]
            if group.unanswered:
                raise group.unanswered.pop()
            self._await_stable(places, timeout)
            return [self._answer(place) for place in places]

    def commit(
        self, *, offsets: list[kafka.TopicPartition], asynchronous: bool = True
    ) -> list[kafka.TopicPartition]:
        """As an operator's tool does it: outside any transaction, and here never later."""
        assert not asynchronous
        with self._call("commit"), self._broker.changed:
            committed = self._broker.groups[self.group_id].committed
            for p in offsets:
                committed[p.topic, p.partition] = (p.offset, p.metadata or "")
            return offsets

    def get_watermark_offsets(
        self, partition: kafka.TopicPartition, timeout: float = -1, *, cached: bool = False
    ) -> tuple[int, int]:
        del timeout, cached
        with self._call("get_watermark_offsets"), self._broker.changed:
            log = self._broker.log((partition.topic, partition.partition))
            committed_only = self.options.get("isolation.level") != "read_uncommitted"
            return log.first, log.visible_end(committed_only=committed_only)

    def consumer_group_metadata(self) -> bytes:
        with self._call("consumer_group_metadata"):
            return self.member.metadata(self.group_id)

    def memberid(self) -> str:
        return self.member.member_id

    def list_topics(self, topic: str | None = None, timeout: float = -1) -> Any:
        with self._call("list_topics"):
            return self._broker.admin({}).list_topics(topic, timeout)

    def close(self) -> None:
        """Leave the group; what is owned is revoked first, as the real one does."""
        if self._closed:
            return
        with self._call("close"):
            owned = sorted(self.member.owned)
            if owned:
                self._tell("revoke", owned)
        self._closed = True
        with self._broker.changed:
            self._broker.groups[self.group_id].leave(self.member)
            self._broker.changed.notify_all()

    @contextmanager
    def _call(self, name: str) -> Iterator[None]:
        if self._closed:
            raise RuntimeError("Consumer closed")
        with self._broker.faults.around(name):
            yield

    def _collect(self, call: str, most: int, timeout: float) -> list[kafka.Message]:
        deadline = time.monotonic() + timeout
        found: list[kafka.Message] = []
        with self._call(call):
            while True:
                self._serve_group()
                with self._broker.changed:
                    found += self._positions.take(most - len(found))
                    left = deadline - time.monotonic()
                    if len(found) == most or (timeout >= 0 and left <= 0):
                        return found
                    if not self.member.news and not self._is_outside():
                        self._broker.changed.wait(left if timeout >= 0 else None)

    def _serve_group(self) -> None:
        group = self._broker.groups[self.group_id]
        while self.member.news:
            with self._broker.changed:
                kind, places = self.member.news.popleft()
            if kind == "lost":
                self.member.generation = -1
            self._tell(kind, places)
            if kind == "revoke":
                with self._broker.changed:
                    group.gave_up(self.member, places)
                    self._broker.changed.notify_all()
            elif kind == "lost":
                return  # it joins again in its next poll
        if self._is_outside():
            with self._broker.changed:
                group.join(self.member, self._broker.places(self.member.topics))
                self._broker.changed.notify_all()

    def _is_outside(self) -> bool:
        """Whether it has subscribed and is no member (any more)."""
        members = self._broker.groups[self.group_id].members
        return bool(self.member.topics) and self.member not in members

    def _tell(self, kind: str, places: list[Place]) -> None:
        """Call back; what the callback does not take up itself is done for it, as in the client."""
        named = [kafka.TopicPartition(*place) for place in places]
        told, held = self._told.get(kind), set(self._positions.places())
        self._took_it_up = False
        if told is not None:
            told(self, named)
        if not self._took_it_up and kind == "assign":
            self._positions.add(named)
        elif not self._took_it_up:
            self._positions.remove(p for p in named if (p.topic, p.partition) in held)

    def _await_stable(self, places: list[Place], timeout: float) -> None:
        """Committed offsets hide behind an open transaction until it has ended."""
        group = self._broker.groups[self.group_id]
        with self._broker.changed:
            if not group.unstable(places):
                return
            group.waiting += 1
            stable = self._broker.changed.wait_for(
                lambda: not group.unstable(places), None if timeout < 0 else timeout
            )
            group.waiting -= 1
            if not stable:
                raise errors.plain(kafka.KafkaError._TIMED_OUT, "Failed to get committed offsets")

    def _answer(self, place: Place) -> kafka.TopicPartition:
        group = self._broker.groups[self.group_id]
        error = group.unread.get(place)
        if error is not None or place not in group.committed:
            answer = AnsweredPlace(*place)
        else:
            answer = AnsweredPlace(*place, *group.committed[place])
        answer.error = error
        return answer

    def _committed_offset(self, place: Place) -> int | None:
        committed = self._broker.groups[self.group_id].committed.get(place)
        return committed[0] if committed else None
