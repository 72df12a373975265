"""Calls in place after errors that may pass: those of a batch that failed are called once more.

What is certain of the others is told before, and waits for nobody.
"""

from collections.abc import Sequence
from functools import partial
from typing import Final, NamedTuple

from headway.around.repeats import BETWEEN_CALLS, Repeats
from headway.base.errors import Abandoned
from headway.batching.call import Answer, Answered, Begun, ManyCall
from headway.declared.handler import Done
from headway.taking.ownership import Ownership


class _Failed(NamedTuple):
    """A job that is to be called again, after a pause."""

    each: Begun
    seconds: float


class Repeating:
    """A wrapper; *repeats* says what is called again in place."""

    def __init__(self, repeats: Repeats, ownership: Ownership) -> None:
        self._repeats: Final = repeats
        self._ownership = ownership

    def __call__(self, call: ManyCall) -> ManyCall:
        def repeated(batch: Sequence[Begun], answered: Answered) -> None:
            left, calls = batch, 0
            while left:
                calls += 1
                failed: list[_Failed] = []
                call(left, partial(self._hear, calls, failed, answered))
                left = self._paused(failed, answered)

        return repeated

    def _hear(
        self, calls: int, failed: list[_Failed], answered: Answered, each: Begun, answer: Answer
    ) -> None:
        seconds = None
        if not isinstance(answer, Done) and each.task.given_up is None:
            seconds = self._repeats.pause_after(each.task, answer, calls)
        if seconds is None:
            answered(each, answer)
        else:
            failed.append(_Failed(each, seconds))

    def _paused(self, failed: Sequence[_Failed], answered: Answered) -> list[Begun]:
        """Those that are still ours when it is time to call again."""
        if not failed:
            return []
        self._repeats.count()
        self._ownership.stopping.wait(max(each.seconds for each in failed))
        left = []
        for each, _ in failed:
            if self._ownership.over(each.task):
                answered(each, Abandoned(BETWEEN_CALLS))
            else:
                left.append(each)
        return left
