"""Entries that are forgotten a while after they were last changed, without a time of their own.

What was changed at about the same time is one generation, and goes at once. An entry costs no more
than in one table; a look-up of what is unknown asks the few tables there are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

#: Into how many generations the time is divided for which entries are kept.
_PARTS: Final = 4
#: More tables than this are made one, the oldest first: a long time was loaded, or reading lags.
_MOST: Final = 8
#: How often in the span of a generation it is looked at what may go.
_LOOKS: Final = 4
#: Behind every time there is.
NEVER: Final = 2**63 - 1


@dataclass(slots=True)
class _Generation:
    """What was last changed by *until* (ms); *opened*: the highest offset of what may be open."""

    entries: dict[str, int]
    until: int
    opened: int


class Generations:
    """Integers by name. With *keep_ms* None nothing is ever forgotten; for one thread.

    Two times are told apart: what the clock says when an entry is changed, and how far a source
    is read, which may lag behind. Kept is what was changed less than *keep_ms* before a record
    that is still to be read.
    """

    __slots__ = ("_keep_ms", "_older", "_opened", "_since", "_span_ms", "_young", "due")

    def __init__(self, keep_ms: int | None = None) -> None:
        self._keep_ms = NEVER if keep_ms is None else keep_ms
        self._span_ms = self._keep_ms // _PARTS
        self._young: dict[str, int] = {}
        self._opened = -1
        self._older: list[_Generation] = []
        self._since: int | None = None
        #: At which time of what is read `read_on` has anything to do next.
        self.due = NEVER if keep_ms is None else 1

    def __len__(self) -> int:
        return len(self._young) + sum(len(each.entries) for each in self._older)

    @property
    def tables(self) -> int:
        return 1 + len(self._older)

    def items(self) -> Iterator[tuple[str, int]]:
        for each in self._older:
            yield from each.entries.items()
        yield from self._young.items()

    def get(self, name: str) -> int | None:
        """What is known of *name*; it grows no younger by that."""
        known = self._young.get(name)
        if known is None:
            for each in self._older:
                known = each.entries.get(name)
                if known is not None:
                    break
        return known

    def meet(self, name: str, entry: int, opened: int) -> int | None:
        """What is known of *name*; where nothing is it is added, and None is told."""
        known = self._young.get(name)
        if known is None:
            for each in self._older:
                known = each.entries.get(name)
                if known is not None:
                    return known
            self._young[name] = entry
            if opened > self._opened:  # noqa: PLR1730 - a call would take as long as all the rest
                self._opened = opened
        return known

    def pop(self, name: str) -> int | None:
        """Forget *name*: what was known of it."""
        known = self._young.pop(name, None)
        if known is None:
            for each in self._older:
                known = each.entries.pop(name, None)
                if known is not None:
                    break
        return known

    def add(self, name: str, entry: int, opened: int) -> None:
        """Know *name*, which is not known now; *opened* is the offset that it waits for, or -1."""
        self._young[name] = entry
        if opened > self._opened:  # noqa: PLR1730 - a call would take as long as all the rest
            self._opened = opened

    def dated(self, until_ms: int) -> None:
        """What was added until now was so by *until_ms*, which rises: for what is loaded."""
        if self._since is None:
            self._since = until_ms
        elif until_ms - self._since >= self._span_ms:
            self._close(until_ms, until_ms)

    def read_on(self, read_ms: int, done_below: int, now_ms: int) -> None:
        """Forget what is of no more use where records of *read_ms* are read *now_ms*.

        What was opened by an offset from *done_below* on may be open: it is kept, and counted as
        changed now.
        """
        read_ms = min(read_ms, now_ms)  # a broker's wrong clock must not have all forgotten
        for each in self._older:
            if each.opened >= 0:
                each.until = now_ms
                each.opened = each.opened if each.opened >= done_below else -1
        self._older = [each for each in self._older if each.until + self._keep_ms >= read_ms]
        if self._since is None:
            self._since = read_ms
        elif read_ms - self._since >= self._span_ms:
            self._close(now_ms, read_ms)
        self.due = read_ms + self._span_ms // _LOOKS

    def _close(self, until_ms: int, since_ms: int) -> None:
        if self._young:
            self._older.append(_Generation(self._young, until_ms, self._opened))
        self._young, self._opened, self._since = {}, -1, since_ms
        if len(self._older) > _MOST:
            oldest, into = self._older[:2]
            oldest.entries.update(into.entries)
            oldest.until, oldest.opened = into.until, max(oldest.opened, into.opened)
            del self._older[1]
