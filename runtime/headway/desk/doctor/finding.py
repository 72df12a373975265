"""What a check found: of one thing, how it is and what to do about it."""

from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import Final, NamedTuple

from headway.desk.doctor.patient import Patient

#: Of many topics of which the same is to be said, so many are named.
_SHOWN: Final = 3


class Level(Enum):
    """How it is, and the sign that people are shown."""

    WELL = "✓"
    WARNING = "!"
    WRONG = "✗"
    UNKNOWN = "?"


class Finding(NamedTuple):
    """One line; `where` is a broker, a topic, a group; `remedy` is what to do."""

    level: Level
    where: str
    what: str
    remedy: str = ""


def well(where: str, what: str) -> Finding:
    """All is as it should be."""
    return Finding(Level.WELL, where, what)


def warning(where: str, what: str, remedy: str = "") -> Finding:
    """It works, and will not always or not as well as it could."""
    return Finding(Level.WARNING, where, what, remedy)


def wrong(where: str, what: str, remedy: str = "") -> Finding:
    """Something does not work."""
    return Finding(Level.WRONG, where, what, remedy)


def unknown(where: str, why: str, remedy: str = "") -> Finding:
    """Not checked, and why."""
    return Finding(Level.UNKNOWN, where, f"not checked: {why}", remedy)


def listing(names: Sequence[str]) -> str:
    """The first few of *names*, and how many more there are."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


class Check(NamedTuple):
    """One of a list; *look* blocks, and may raise what the cluster or the store says.

    *asks_cluster*: it is of no use where no broker answers.
    """

    name: str
    look: Callable[[Patient], Iterable[Finding]]
    asks_cluster: bool = True
