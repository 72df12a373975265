"""What the next transaction says: changes of lanes, each with its owner."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from headway.edges import kafka
from headway.saying.batches import Acknowledgements, Batches
from headway.taking.task import Task
from headway.wire.route import Record
from scheduler.lane.words import Topics, Words
from scheduler.working.changes import Changes
from scheduler.working.lane import Lane


@dataclass(frozen=True, slots=True)
class Turn:
    """All or nothing of it is visible."""

    parts: Sequence[tuple[Lane, Changes]]

    #: No record of it is any one's own fault, so there is nothing to halve.
    alone: ClassVar[bool] = False
    tasks: ClassVar[Sequence[Task]] = ()

    def __bool__(self) -> bool:
        return bool(self.parts)

    def of(self, lanes: Mapping[int, Lane]) -> "Turn":
        """What of it belongs to *lanes*, as they are now: another object is another life."""
        kept = [(lane, part) for lane, part in self.parts if lanes.get(part.lane) is lane]
        return Turn(kept)

    def offsets(self, topics: Topics) -> list[kafka.TopicPartition]:
        """How far each lane is read with it: at least one place of each, for by it it is fenced."""
        found = []
        for _, part in self.parts:
            found.append(kafka.TopicPartition(topics.states, part.lane, part.jobs or 0))
            if part.orders is not None:
                found.append(kafka.TopicPartition(topics.orders, part.lane, part.orders))
        return found

    def produce(
        self, words: Words, producer: kafka.Producer, acknowledged: Acknowledgements
    ) -> None:
        """Queue its records."""
        batches = Batches()
        for record in self._records(words):
            batches.add(record, None)
        batches.produce(producer, acknowledged)

    def _records(self, words: Words) -> list[Record]:
        records = []
        for _, part in self.parts:
            records += part.effects
            records += [words.of_item(part.lane, key, item) for key, item in part.items.items()]
            records += part.standings
        return records
