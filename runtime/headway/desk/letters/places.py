"""Places of records as arguments: TOPIC PARTITION OFFSET."""

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Final, NamedTuple

from headway.base.numbers import number_of
from headway.desk.subcommand import CannotRun

_WORDS: Final = 3


class At(NamedTuple):
    """A place; the topic with or without the deployment's prefix."""

    topic: str
    partition: int
    offset: int


def add_place(parser: ArgumentParser) -> None:
    """One place."""
    parser.add_argument("place", nargs=_WORDS, metavar=("TOPIC", "PARTITION", "OFFSET"))


def places_in(words: Sequence[str]) -> list[At]:
    """The places that *words* are, three each.

    Raises:
        CannotRun: they are none.
    """
    if len(words) % _WORDS:
        raise CannotRun(f"{' '.join(words)!r}: a place is TOPIC PARTITION OFFSET")
    return [
        At(words[start], _number(words[start + 1]), _number(words[start + 2]))
        for start in range(0, len(words), _WORDS)
    ]


def _number(word: str) -> int:
    number = number_of(word)
    if number is None:
        raise CannotRun(f"{word!r} is no number: a place is TOPIC PARTITION OFFSET")
    return number
