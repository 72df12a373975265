"""Where reading stops because a newer release has written what this one cannot read.

In a rolling upgrade that passes with this process; taken in the wrong order it lasts until this
service is upgraded too. Skipping such a record would lose what it says for good.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from status.table.position import Source


class Halt(NamedTuple):
    """The first record of a partition that cannot be read, and why."""

    offset: int
    reason: str


def told(topics: Mapping[Source, str], halts: Mapping[tuple[Source, int], Halt]) -> str:
    """The places and the first reason, for people."""
    places = ", ".join(_places(topics, halts))
    reason = next(iter(halts.values())).reason
    return f"a newer release wrote {places}: upgrade this service ({reason})"


def _places(
    topics: Mapping[Source, str], halts: Mapping[tuple[Source, int], Halt]
) -> Iterable[str]:
    for (source, partition), halt in sorted(halts.items()):
        yield f"{topics[source]}[{partition}]@{halt.offset}"
