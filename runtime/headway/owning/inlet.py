"""A topic that a stage reads in its group."""

from collections.abc import Iterable
from dataclasses import dataclass

from headway.owning.flow import Place


@dataclass(frozen=True, slots=True)
class Inlet:
    """Partition i of every inlet of a stage holds the same jobs; they share one index of them.

    *topic* has *partitions*, as declared. Records of the source open jobs (`opens`): the second
    one of a job, at another offset, is a duplicate. What else a stage reads (its retries, what it
    held back) it has written itself, of jobs that are open: there only a job that is over is not
    to be handled again.
    """

    topic: str
    partitions: int
    opens: bool = False


def named(places: Iterable[Place]) -> str:
    """For people: `partition 0, 3 of jobs.submitted`, and the same of every other topic."""
    indexes: dict[str, list[str]] = {}
    for topic, index in sorted(places):
        indexes.setdefault(topic, []).append(str(index))
    return " and ".join(f"partition {', '.join(own)} of {topic}" for topic, own in indexes.items())
