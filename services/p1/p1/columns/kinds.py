"""What a column holds, decided by how many of its values can be read as what."""

from enum import Enum, auto
from typing import Final

from p1.reading.tally import Tally

#: A column is of a kind when at least this share of its values is; the rest is reported.
SHARE: Final = 0.9


class Guess(Enum):
    """What the counts allow. FLAGS and DATES are still to be tried on the values."""

    EMPTY = auto()
    FLAGS = auto()
    INTEGERS = auto()
    NUMBERS = auto()
    DATES = auto()
    TEXT = auto()


def guess(tally: Tally) -> Guess:
    needed = tally.values * SHARE
    if tally.values == 0:
        return Guess.EMPTY
    if tally.flags == tally.values:
        return Guess.FLAGS
    # One code is enough to keep the column as text: as a number it would change.
    if tally.codes == 0 and tally.numbers >= needed:
        return Guess.INTEGERS if tally.integers == tally.numbers else Guess.NUMBERS
    if tally.date_like >= needed:
        return Guess.DATES
    return Guess.TEXT
