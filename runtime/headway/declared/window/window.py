"""A window: spans of time that come again, told by the clocks of a place on earth."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from headway.declared.window.wallclock import moment_of
from headway.declared.window.words import days_of, hours_of, tag_of

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_DAY: Final = timedelta(days=1)
_KNOWN: Final = frozenset({"open", "days", "tag"})
_WEEK: Final = 7
#: A span that is open began at most so many days before, those included that a zone left out.
_DAYS_BACK: Final = 3


class _Span(NamedTuple):
    """From *begin* to before *end*, ms since the epoch."""

    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Window:
    """Open from `opens` to `closes`, counted on the wall from midnight of each of `days`.

    A time that the wall shows twice is the first of both; one that is left out, the first moment
    after. So a night may be an hour shorter or longer. Spans that touch are one. `said` is how
    it was declared; `tag` is whose jobs wait for it, None: all.
    """

    said: str
    opens: timedelta
    closes: timedelta
    zone: ZoneInfo
    days: frozenset[int]
    tag: str | None = None

    @staticmethod
    def of(declared: Mapping[str, Any]) -> "Window":
        """As `pipeline.yaml` declares it at a stage.

        Raises:
            ValueError: a value is none that can be, with its name.
        """
        unknown = ", ".join(sorted(set(declared) - _KNOWN))
        if unknown or "open" not in declared:
            raise ValueError(f"{unknown or 'nothing'} is declared; there are open, days and tag")
        opens, closes, zone = hours_of(declared["open"])
        days = days_of(declared.get("days", ""))
        if closes - opens >= _DAY and len(days) == _WEEK:
            raise ValueError("open: it would never close; leave the window out")
        said = str(declared["open"]) + (f", {declared['days']}" if "days" in declared else "")
        return Window(said, opens, closes, zone, days, tag_of(declared.get("tag")))

    def holds(self, tags: Collection[str]) -> bool:
        """Whether a job of *tags* waits while the window is closed."""
        return self.tag is None or self.tag in tags

    def is_open(self, at_ms: int) -> bool:
        """Whether it is at that moment; at that of closing it is not."""
        return self._at(at_ms).begin <= at_ms

    def closing(self, at_ms: int) -> int:
        """When the span closes that is open at *at_ms*.

        Raises:
            ValueError: it is closed then.
        """
        span = self._at(at_ms)
        if span.begin > at_ms:
            raise ValueError(f"the window {self.said} is closed at {at_ms}")
        return span.end

    def next_opening(self, at_ms: int) -> int:
        """The first opening after *at_ms*."""
        return next(span.begin for span in self._spans(at_ms) if span.begin > at_ms)

    def _at(self, at_ms: int) -> _Span:
        """The span of that moment, or the next."""
        return next(span for span in self._spans(at_ms) if span.end > at_ms)

    def _spans(self, at_ms: int) -> Iterator[_Span]:
        """Those that touch made one, in order, from some time before *at_ms* on; endless."""
        today = (_EPOCH + at_ms * _MS).astimezone(self.zone).date()
        # A week more: what touches from day to day begins where it begins.
        first = today - (_DAYS_BACK + _WEEK) * _DAY
        whole: _Span | None = None
        for span in filter(None, (self._on(first + n * _DAY) for n in count())):
            if whole is None or span.begin > whole.end:
                if whole is not None:
                    yield whole
                whole = span
            else:
                whole = _Span(whole.begin, max(whole.end, span.end))

    def _on(self, day: date) -> _Span | None:
        """That which opens on *day*; None where it does not, or lies in a gap of the clocks."""
        if day.weekday() not in self.days:
            return None
        midnight = datetime.combine(day, time())
        begin, end = self._ms(midnight + self.opens), self._ms(midnight + self.closes)
        return _Span(begin, end) if begin < end else None

    def _ms(self, wall: datetime) -> int:
        return (moment_of(wall, self.zone) - _EPOCH) // _MS
