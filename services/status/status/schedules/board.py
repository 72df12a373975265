"""The newest word of every lane, of each rule and of each stage's window."""

import logging
from collections import defaultdict
from collections.abc import Iterator
from typing import Final, Generic, NamedTuple, TypeVar

from headway.wire.schedules.rule import Rule, summed
from headway.wire.schedules.window import Window, Windows, windows_at

logger = logging.getLogger(__name__)

T = TypeVar("T")

#: Whoever writes the topics cannot fill the memory of who reads them: of more names than any
#: deployment has, no more is taken.
MOST_NAMES: Final = 500


class Standing(NamedTuple):
    """What every lane said last, by rule and by stage."""

    rules: tuple[tuple[Rule, ...], ...]
    windows: tuple[tuple[Window, ...], ...]

    def summed(self) -> Iterator[Rule]:
        """Each rule in all its lanes, by name."""
        return map(summed, self.rules)

    def windows_at(self, now_ms: int) -> Iterator[Windows]:
        """Each stage's window in all its lanes, by the stage's name."""
        return (windows_at(lanes, now_ms) for lanes in self.windows)


class Lanes(Generic[T]):
    """What each lane says under each name; for one thread."""

    def __init__(self) -> None:
        self._said: dict[str, dict[int, T]] = defaultdict(dict)

    def hear(self, name: str, lane: int, word: T | None) -> None:
        """Take the newest *word* of *lane*; None: it has nothing to say under *name* any more."""
        if word is None:
            self._forget(name, lane)
        elif name in self._said or len(self._said) < MOST_NAMES:
            self._said[name][lane] = word
        else:
            logger.warning("schedules.too_many", extra={"key": name, "most": MOST_NAMES})

    def all(self) -> tuple[tuple[T, ...], ...]:
        """The words under each name, in order of names."""
        return tuple(tuple(lanes.values()) for _, lanes in sorted(self._said.items()))

    def _forget(self, name: str, lane: int) -> None:
        if name not in self._said:
            return
        self._said[name].pop(lane, None)
        if not self._said[name]:
            del self._said[name]


class Board:
    """For one thread; what it shows is anybody's."""

    def __init__(self) -> None:
        self.rules = Lanes[Rule]()
        self.windows = Lanes[Window]()

    def standing(self) -> Standing:
        return Standing(self.rules.all(), self.windows.all())
