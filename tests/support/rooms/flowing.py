"""A client that is told to pause and resume, and two partitions of its own."""

from headway.edges.kafka import TopicPartition
from headway.owning.place import Place

A: Place = ("jobs", 0)
B: Place = ("jobs", 1)


class Client:
    """Remembers what is paused, and every call."""

    def __init__(self) -> None:
        self.paused: set[Place] = set()
        self.calls: list[tuple[str, list[Place]]] = []

    def pause(self, partitions: list[TopicPartition]) -> None:
        places = sorted((p.topic, p.partition) for p in partitions)
        self.paused |= set(places)
        self.calls.append(("pause", places))

    def resume(self, partitions: list[TopicPartition]) -> None:
        places = sorted((p.topic, p.partition) for p in partitions)
        self.paused -= set(places)
        self.calls.append(("resume", places))
