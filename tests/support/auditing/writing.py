"""What all records of one job have in common, however its story goes."""

from dataclasses import dataclass, field
from typing import Any

from support.auditing.topics import CODEC, PARTITION, PIPELINE, PREFIX, Rec, Topics, record_of
from support.kafka.messages import SUBMITTED_AT

from headway.declared.pipeline import StageDeclaration

#: A record and the topic that it lies in.
Inlet = tuple[str, Rec]


@dataclass(slots=True)
class World:
    """What all jobs share: the topics and the time (ms)."""

    topics: Topics
    now: int = SUBMITTED_AT

    def write(self, topic: str, record: Rec) -> Rec:
        record.written = self.now
        return self.topics.append(topic, record)


@dataclass(slots=True)
class Writer:
    """Writes records of one job into the topics."""

    job_id: str
    world: World
    envelope: dict[str, Any] = field(default_factory=dict)
    tries: int = 0
    since: int = 0

    def _carried(
        self,
        told: dict[str, Any],
        due: int,
        origin: dict[str, Any],
        error: dict[str, str] | None,
    ) -> dict[str, Any]:
        error = error or {"error_class": "", "message": ""}
        numbers = {"tries": self.tries, "since": self.since, "due_at": due}
        return {"job": told, **numbers, "origin": origin, **error}

    def _state(self, encoded: bytes) -> None:
        value = CODEC.decode(encoded, record_of(PIPELINE.state))
        self.world.write(PIPELINE.state, self._rec(value))

    def _rec(self, value: dict[str, Any] | bytes | None) -> Rec:
        return Rec(-1, 0, self.job_id.encode(), value)

    def _done(self, stage: StageDeclaration, inlet: Inlet) -> None:
        topic, record = inlet
        self.world.topics.done[stage.index, topic][record.offset] = self.world.now


def place(topic: str, record: Rec) -> dict[str, Any]:
    return {"topic": PREFIX + topic, "partition": PARTITION, "offset": record.offset}


def origin_of(topic: str, record: Rec) -> dict[str, Any]:
    return {**place(topic, record), "timestamp": record.written}
