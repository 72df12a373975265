"""A call that fails as a whole is tried in halves, until whatever spoils it stands alone.

One job may spoil the call for all others of it, as one record may spoil a frame: no job fails of a
call that it was not alone in, but of what lies outside of all jobs. An error that says so is not
halved. Where many spoil it, halves only add calls: after as many in a row as it takes to find one
job, each that is left is asked alone.
"""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Final

from headway.around.repeats import BETWEEN_CALLS
from headway.base.errors import Abandoned, Cancelled, TimedOut, TransientError, WorkerCrashed
from headway.batching.call import Answer, Answered, Ask, Begun, ManyCall
from headway.taking.ownership import Ownership

#: Calls in a row that fail, beyond those that halving down to one job takes, before each that is
#: left is asked alone: one more than where three jobs side by side are to blame.
_MORE_CALLS: Final = 4
#: What passes by itself, but may well be one job's doing.
_ONES_OWN: Final = (TimedOut, WorkerCrashed)


def halved(ask: Ask, ownership: Ownership, blamed: Callable[[BaseException], bool]) -> ManyCall:
    """*ask* as a call that raises nothing; *blamed* are errors of something that is away."""

    def call(batch: Sequence[Begun], answered: Answered) -> None:
        _Search(ask, ownership, blamed, answered).of(batch)

    return call


class _Search:
    """One call and its halves, the first half first."""

    def __init__(
        self,
        ask: Ask,
        ownership: Ownership,
        blamed: Callable[[BaseException], bool],
        answered: Answered,
    ) -> None:
        self._ask = ask
        self._ownership = ownership
        self._blamed = blamed
        self._answered = answered
        self._failed_in_a_row = 0
        self._parts: list[Sequence[Begun]] = []

    def of(self, batch: Sequence[Begun]) -> None:
        most = 1 + (len(batch) - 1).bit_length() + _MORE_CALLS
        self._parts = [batch]
        while self._parts:
            part = self._parts.pop()
            answers = self._answers(part, most)
            if answers is not None:
                self._failed_in_a_row = 0
                self._tell(part, answers)
            if self._ownership.stopping.is_set():
                self._leave()

    def _leave(self) -> None:
        """The process is to end: nothing more is begun, and whoever is next does what is left."""
        for part in self._parts:
            self._tell(part, [Abandoned(BETWEEN_CALLS)] * len(part))
        self._parts = []

    def _answers(self, part: Sequence[Begun], most: int) -> Sequence[Answer] | None:
        """What *part* came to; None: it is in `_parts` again, in pieces, or answered."""
        try:
            return self._ask(part)
        except BaseException as error:  # noqa: BLE001 - Rust libraries panic outside Exception
            if not self._without_unwanted(part, error):
                self._divide(part, error, most)
            return None

    def _divide(self, part: Sequence[Begun], error: BaseException, most: int) -> None:
        self._failed_in_a_row += 1
        if self._outside(error):
            for left in (part, *reversed(self._parts)):
                self._tell(left, [error] * len(left))
            self._parts = []
        elif len(part) == 1:
            self._tell(part, [error])
        elif self._failed_in_a_row >= most:
            left = [*part, *chain.from_iterable(reversed(self._parts))]
            self._parts = [[each] for each in reversed(left)]
        else:
            middle = len(part) // 2
            self._parts += [part[middle:], part[:middle]]

    def _without_unwanted(self, part: Sequence[Begun], error: BaseException) -> bool:
        """Whether *error* is that somebody's work is not wanted: the others are asked again."""
        if not isinstance(error, Abandoned | Cancelled):
            return False
        reasons = [self._unwanted(each) for each in part]
        wanted = [each for each, reason in zip(part, reasons, strict=True) if reason is None]
        if len(wanted) == len(part):
            return False  # it is the handler's own mistake
        for each, reason in zip(part, reasons, strict=True):
            if reason is not None:
                self._answered(each, reason)
        self._parts += [wanted] if wanted else []
        return True

    def _unwanted(self, each: Begun) -> BaseException | None:
        partition = each.task.partition
        if self._ownership.over(each.task):
            return Abandoned(f"partition {partition.index} went to another instance")
        if partition.jobs.held.is_cancelled(each.job.job_id, each.job.attempt):
            return Cancelled(f"attempt {each.job.attempt} of job {each.job.job_id} is cancelled")
        return None

    def _outside(self, error: BaseException) -> bool:
        if isinstance(error, TransientError) and not isinstance(error, _ONES_OWN):
            return True
        return self._blamed(error)

    def _tell(self, part: Sequence[Begun], answers: Sequence[Answer]) -> None:
        for each, answer in zip(part, answers, strict=True):
            self._answered(each, answer)
