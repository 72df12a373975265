"""Who waits for a stage: read once a second, at a cost that does not grow with the line."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from time import perf_counter
from typing import Final, NamedTuple, TypeAlias

from status.answers.query import Snapshot
from status.table.database import STAGE
from status.table.row import Standing

#: Of the first ones each is known: where people watch most, a place is exact.
_HEAD: Final = 1000
#: Moments at which those behind them are counted: between two of them, places are interpolated.
_MARKS: Final = 200
#: What holds more than this part of a line, as a burst does, is cut up again, some times.
_MOST_SHARE: Final = 100
_PARTS: Final = 16
_ROUNDS: Final = 2
#: A count takes time by the length of the line: no more of it than a hundredth.
_REST: Final = 100


#: From a moment to below another (ms), and how many wait since then.
_Span: TypeAlias = tuple[int, int, int]


class _Queries(NamedTuple):
    """How a line is looked up; each walks along an index."""

    head: str
    newest: str
    between: str


def _queries(column: str, condition: str) -> _Queries:
    line = f"FROM jobs WHERE {condition}"
    return _Queries(
        f"SELECT {column} {line} ORDER BY {column} LIMIT ?",
        f"SELECT {column} {line} ORDER BY {column} DESC LIMIT 1",
        f"SELECT count(*) {line} AND {column} >= ? AND {column} < ?",
    )


#: Jobs that no stage has touched wait since their submission.
_SUBMITTED: Final = _queries("submitted_at", "status = ?")
_HANDED_ON: Final = _queries("since", f"status = ? AND {STAGE} = ? AND since IS NOT NULL")


class Line(NamedTuple):
    """`head`: since when (ms) the first ones wait; `behind[i]`: how many wait since `marks[i]`.

    Both times rise. Without marks the head is all of the line.
    """

    waiting: int = 0
    head: Sequence[int] = ()
    marks: Sequence[int] = ()
    behind: Sequence[int] = ()

    def place(self, since: int) -> int:
        """How many wait for longer than one that waits since *since* (ms)."""
        if not self.marks or since <= self.head[-1]:
            return bisect_left(self.head, since)
        return min(max(self.waiting - self._behind(since), len(self.head)), self.waiting)

    def since(self, place: int) -> int:
        """Since when about the job waits that has *place* others before it; the line has it."""
        if place < len(self.head) or not self.marks:
            return self.head[place]
        # They fall: the first one that has no more behind it than that place.
        after = bisect_left(self.behind, place - self.waiting, key=int.__neg__)
        return self.marks[min(after, len(self.marks) - 1)]

    def _behind(self, since: int) -> int:
        after = bisect_right(self.marks, since)
        if after in {0, len(self.marks)}:
            return self.behind[min(after, len(self.marks) - 1)]
        low, high = self.marks[after - 1], self.marks[after]
        more, fewer = self.behind[after - 1], self.behind[after]
        return round(more + (fewer - more) * (since - low) / (high - low))


@dataclass
class LineReader:
    """Reads the line at one standing; for one thread.

    Who waits leaves at the head and comes at the end, so how many wait since between two moments
    stays true behind the head. That is counted anew now and then, the longer the line the more
    seldom; meanwhile only those are counted that came since.
    """

    standing: Standing
    timer: Callable[[], float] = perf_counter
    _marks: list[int] = field(default_factory=list)
    _counts: list[int] = field(default_factory=list)
    _next_at: float = float("-inf")

    def read(self, snapshot: Snapshot, waiting: int) -> Line:
        """The line as *snapshot* has it, in which so many are *waiting*."""
        rows = snapshot.rows(self._queries.head, (*self._values, _HEAD))
        head = tuple(since for (since,) in rows)
        if waiting <= len(head):
            self._next_at = float("-inf")
            return Line(len(head), head)
        ((newest,),) = snapshot.rows(self._queries.newest, self._values)
        if self.timer() >= self._next_at:
            self._count_anew(snapshot, head[-1], newest)
        counts = [*self._counts, self._count(snapshot, self._marks[-1], newest + 1)]
        behind = [*accumulate(reversed(counts), initial=0)]
        return Line(waiting, head, (*self._marks, newest + 1), behind[::-1])

    def _count_anew(self, snapshot: Snapshot, first: int, newest: int) -> None:
        began = self.timer()
        spans = self._spans(snapshot, first, newest, _MARKS)
        most = sum(count for _, _, count in spans) // _MOST_SHARE
        for _ in range(_ROUNDS):
            spans = [part for span in spans for part in self._split(snapshot, span, most)]
        self._marks = [first, *(high for _, high, _ in spans)]
        self._counts = [count for _, _, count in spans]
        ended = self.timer()
        self._next_at = ended + _REST * (ended - began)

    def _split(self, snapshot: Snapshot, span: _Span, most: int) -> list[_Span]:
        low, high, count = span
        return self._spans(snapshot, low, high, _PARTS) if count > most else [span]

    def _spans(self, snapshot: Snapshot, low: int, high: int, parts: int) -> list[_Span]:
        """From *low* to below *high*, cut into that many parts, and how many wait since each."""
        cuts = [*range(low, high, max((high - low) // parts, 1)), high]
        return [(a, b, self._count(snapshot, a, b)) for a, b in pairwise(cuts)]

    def _count(self, snapshot: Snapshot, low: int, high: int) -> int:
        ((count,),) = snapshot.rows(self._queries.between, (*self._values, low, high))
        return int(count)

    @property
    def _queries(self) -> _Queries:
        return _HANDED_ON if self.standing[1] else _SUBMITTED

    @property
    def _values(self) -> tuple[object, ...]:
        return self.standing if self.standing[1] else self.standing[:1]
