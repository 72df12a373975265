"""The breaker of a dependency around a call with many jobs: to it that is one call.

One job that is done says that the dependency is there. If none is and some blame it, the call has
failed, and those wait here and are called again once the breaker lets them, as a single job would.
"""

from collections.abc import Sequence
from functools import partial

from headway.around.breaker import Breaker
from headway.around.circuit import Pass
from headway.batching.call import Answer, Answered, Begun, ManyCall
from headway.declared.handler import Done
from headway.taking.ownership import Ownership


class Breaking:
    """A wrapper, beside that of single jobs: both hear the same circuit."""

    def __init__(self, breaker: Breaker, ownership: Ownership) -> None:
        self._breaker = breaker
        self._ownership = ownership

    def __call__(self, call: ManyCall) -> ManyCall:
        def guarded(batch: Sequence[Begun], answered: Answered) -> None:
            left: Sequence[Begun] = batch
            while left:
                through: Pass | None = Pass.FREELY
                if not self._breaker.circuit.closed:
                    through, left = self._wait(left, answered)
                if through is not None:
                    verdict = _Verdict(self._breaker, answered)
                    call(left, verdict.hear)
                    left = verdict.to_call_again(through)

        return guarded

    def _wait(
        self, batch: Sequence[Begun], answered: Answered
    ) -> tuple[Pass | None, Sequence[Begun]]:
        """How those that are left may go through; whoever is not wanted any more is answered."""
        going_on = {each.task: self._breaker.stand_still(each.task) for each in batch}
        through: Pass | None = None
        while batch and through is None:
            through = self._breaker.circuit.wait(partial(self._pause, batch))
            batch = batch if through is not None else self._wanted(batch, answered)
        for task, _ in batch:
            going_on[task]()
        return through, batch

    def _pause(self, batch: Sequence[Begun], seconds: float) -> bool:
        self._ownership.stopping.wait(seconds)
        return any(self._breaker.unwanted(task) for task, _ in batch)

    def _wanted(self, batch: Sequence[Begun], answered: Answered) -> Sequence[Begun]:
        reasons = [(each, self._breaker.unwanted(each.task)) for each in batch]
        for each, reason in reasons:
            if reason is not None:
                answered(each, reason)
        return [each for each, reason in reasons if reason is None]


class _Verdict:
    """What one call says of the dependency."""

    def __init__(self, breaker: Breaker, answered: Answered) -> None:
        self._breaker = breaker
        self._answered = answered
        self._done = False
        self._blaming: list[tuple[Begun, BaseException]] = []

    def hear(self, each: Begun, answer: Answer) -> None:
        if isinstance(answer, Done):
            self._done = True
        elif self._breaker.blames(answer):
            self._blaming.append((each, answer))
            return
        self._answered(each, answer)

    def to_call_again(self, through: Pass) -> list[Begun]:
        """The jobs that wait for the dependency; the others are answered."""
        circuit = self._breaker.circuit
        if self._done:
            if through is Pass.ON_TRIAL or not circuit.untouched:
                circuit.succeeded(through)
        elif not self._blaming:
            circuit.undecided(through)
        elif self._breaker.failed(self._blaming[-1][1], through):
            return [each for each, _ in self._blaming]
        for each, error in self._blaming:
            self._answered(each, error)
        return []
