"""Which attempts at the jobs of a partition are known: one small integer a job.

Millions of jobs are known to a partition in the end, and nearly all are over in their first
attempt. The entry of such a job is -1, an object that Python keeps once for all of them; a pair
would cost each one 56 bytes more. Nor has an entry a time of its own: see `generations`.
"""

from collections.abc import Callable
from typing import Final

from headway.base.clock import SystemClock
from headway.following.generations import Generations
from headway.following.holdings import Holdings

#: An offset in Kafka is a signed integer of 64 bits and not negative.
_OFFSET_BITS: Final = 63
_OFFSET: Final = (1 << _OFFSET_BITS) - 1


class JobIndex:
    """The newest attempt known at each job: settled, or opened by the record at some offset.

    Of an attempt that is settled nothing is to be handled; of one that is opened, the record that
    opened it is, as often as it comes. Nothing is of an attempt below. What is known only rises,
    by attempt and from opened to settled, until the job is forgotten: when it is deleted, or is
    over for longer than *keep_ms* (None: never) where the source is read.
    """

    __slots__ = ("_known", "_now_ms", "held")

    def __init__(self, keep_ms: int | None = None, now_ms: Callable[[], int] | None = None) -> None:
        #: -attempt where it is settled, else the attempts below it above the bits of the offset.
        self._known = Generations(keep_ms)
        self._now_ms = now_ms or SystemClock().now_ms
        #: What is known of jobs that are not on their way.
        self.held = Holdings()

    def __len__(self) -> int:
        return len(self._known)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, JobIndex):
            return NotImplemented
        return dict(self._known.items()) == dict(other._known.items())

    __hash__ = None  # type: ignore[assignment]  # what it knows changes

    def settle(self, job_id: str, attempt: int) -> None:
        """Handle nothing of *attempt*, nor of those below; below the first there is none."""
        if attempt > 0:
            self._rise(job_id, -attempt)

    def open(self, job_id: str, attempt: int, offset: int) -> None:
        """Of *attempt* handle the record at *offset* alone; where that is unknown (-1), none."""
        self._rise(job_id, -attempt if offset < 0 else _opened(attempt, offset))

    def takes(self, job_id: str, attempt: int, offset: int) -> bool:
        """Whether the record at *offset* is to be handled: the first of an attempt opens it."""
        opened = offset if attempt == 1 else _opened(attempt, offset)
        known = self._known.meet(job_id, opened, offset)
        if known is None or known == opened:
            return True
        if attempt <= _attempt(known):
            return False
        self._known.pop(job_id)
        self._known.add(job_id, opened, offset)
        return True

    def is_over(self, job_id: str, attempt: int) -> bool:
        """Whether *attempt* is settled, or a higher one is known."""
        known = self._known.get(job_id)
        return known is not None and _order(known) > 2 * attempt

    def newest(self, job_id: str) -> int:
        """The newest attempt known at a job; 0 if none is."""
        known = self._known.get(job_id)
        return 0 if known is None else _attempt(known)

    def learn(self, other: "JobIndex") -> None:
        """Take in what *other* knows."""
        for job_id, entry in other._known.items():  # noqa: SLF001 - one of its own kind
            self._rise(job_id, entry)

    def forget(self, job_id: str) -> None:
        """Its job_id may be used again."""
        self._known.pop(job_id)

    def forget_openings(self) -> None:
        """Whichever record of an opened attempt comes first opens it anew."""
        opened = [(job_id, entry) for job_id, entry in self._known.items() if entry >= 0]
        for job_id, entry in opened:
            self.forget(job_id)
            self.settle(job_id, _attempt(entry) - 1)

    def dated(self, until_ms: int) -> None:
        """What was taken in until now are states up to *until_ms*."""
        self._known.dated(until_ms)

    @property
    def tables(self) -> int:
        """How many are asked about a job that nobody knows."""
        return self._known.tables

    @property
    def due(self) -> int:
        """From which time (ms) of the records that are read on `read_on` is to be called."""
        return self._known.due

    def read_on(self, read_ms: int, done_below: int) -> None:
        """The source is read up to records of *read_ms*, and done below *done_below*.

        What was over by so long before is forgotten.
        """
        self._known.read_on(read_ms, done_below, self._now_ms())

    def _rise(self, job_id: str, entry: int) -> None:
        known = self._known.pop(job_id)
        if known is not None and _order(known) > _order(entry):
            entry = known
        self._known.add(job_id, entry, entry & _OFFSET if entry >= 0 else -1)


def _opened(attempt: int, offset: int) -> int:
    return attempt - 1 << _OFFSET_BITS | offset


def _attempt(entry: int) -> int:
    return -entry if entry < 0 else (entry >> _OFFSET_BITS) + 1


def _order(entry: int) -> int:
    """Twice the attempt, and one more where it is settled."""
    return 1 - 2 * entry if entry < 0 else 2 * _attempt(entry)
