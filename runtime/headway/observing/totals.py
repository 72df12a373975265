"""What an instance has done since its process began, as totals that only grow.

Whoever sums them takes differences: a total that is told twice, or not at all for a while, makes no
sum wrong.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from headway.base.words import bounded
from headway.observing.buckets import COUNT, counted

#: Classes of errors that are told apart; the names are those of whatever handlers raise.
MOST_CLASSES: Final = 20
OTHER: Final = "other"
_MOST_CLASS_CHARACTERS: Final = 100


class Totals:
    """For one thread."""

    def __init__(self) -> None:
        self._outcomes: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()
        self._stage_times = [0] * COUNT
        self._job_times = [0] * COUNT

    def settled(self, outcomes: Iterable[str], errors: Iterable[str]) -> None:
        """Take in what became of records, and the classes of the errors of those given up."""
        self._outcomes.update(outcomes)
        for name in errors:
            self._errors[self._known(bounded(name, _MOST_CLASS_CHARACTERS))] += 1

    def ended(self, in_stage: Iterable[int], in_all: Iterable[int]) -> None:
        """Take in how long jobs were in the stage, and those that are over in all; ms."""
        counted(in_stage, self._stage_times)
        counted(in_all, self._job_times)

    def told(self) -> dict[str, Any]:
        """As a report has it."""
        return {
            "outcomes": dict(self._outcomes),
            "errors": dict(self._errors),
            "stage_times": _short(self._stage_times),
            "job_times": _short(self._job_times),
        }

    def _known(self, name: str) -> str:
        return name if name in self._errors or len(self._errors) < MOST_CLASSES else OTHER


def _short(counts: list[int]) -> list[int]:
    """*counts* without the zeros at their end."""
    last = next((at for at in range(len(counts), 0, -1) if counts[at - 1]), 0)
    return counts[:last]
