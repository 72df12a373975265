"""Where records lie: topic and partition, and how that is written for people."""

from collections.abc import Iterable

#: Topic and partition.
Place = tuple[str, int]


def named(place: Place) -> str:
    """`jobs.submitted[3]`, as health and error messages have it."""
    topic, index = place
    return f"{topic}[{index}]"


def told(place: Place) -> dict[str, str | int]:
    """The fields of a log event about *place*."""
    topic, index = place
    return {"topic": topic, "partition": index}


def listed(places: Iterable[Place]) -> str:
    """`partition 0, 3 of jobs.submitted`, and the same of every other topic."""
    indexes: dict[str, list[str]] = {}
    for topic, index in sorted(places):
        indexes.setdefault(topic, []).append(str(index))
    return " and ".join(f"partition {', '.join(own)} of {topic}" for topic, own in indexes.items())
