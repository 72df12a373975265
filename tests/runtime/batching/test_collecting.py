"""When tasks that wait for company go: by their number, or by how long the first has waited."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_as_test
from support.clock import ManualClock
from support.kafka.messages import message, task

from headway.batching.collecting import Collected
from headway.declared.stage import Batch
from headway.taking.task import Task

_SIZE, _WAIT_SECONDS = 4, 2.0


def _task(number: int) -> Task:
    return task(offset=number, received=message(key=b"job-%d" % number, offset=number))


class _Life(RuleBasedStateMachine):
    """Tasks come, go and are taken, beside a plain list of them with their times."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock()
        self.collected = Collected(Batch(_SIZE, _WAIT_SECONDS), clock=self.clock)
        self.model: list[tuple[Task, float]] = []
        self.number = 0

    @rule()
    def come(self) -> None:
        self.number += 1
        arrived = _task(self.number)
        self.collected.add(arrived)
        self.model.append((arrived, self.clock.monotonic()))

    @rule(seconds=st.floats(0, 3))
    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        index = data.draw(st.integers(0, len(self.model) - 1))
        left, _ = self.model.pop(index)
        assert self.collected.of(left.key) is left
        self.collected.remove([left])
        assert self.collected.of(left.key) is None

    @precondition(lambda self: self.model)
    @rule()
    def take(self) -> None:
        expected = [each for each, _ in self.model[:_SIZE]]
        del self.model[:_SIZE]
        assert self.collected.take() == expected

    @invariant()
    def they_are_due_once_there_are_enough_or_the_first_has_waited(self) -> None:
        assert [*self.collected] == [each for each, _ in self.model]
        if not self.model:
            assert self.collected.due_seconds == float("inf")
        elif len(self.model) >= _SIZE:
            assert self.collected.due_seconds == 0
        else:
            left = self.model[0][1] + _WAIT_SECONDS - self.clock.monotonic()
            assert self.collected.due_seconds == max(0.0, left)


def test_tasks_go_in_their_order_when_they_are_enough_or_have_waited() -> None:
    """Whatever comes, goes and is taken in between."""
    # Given, when, then: rules of a life, each held against a plain list
    run_as_test(_Life, settings=settings(max_examples=100, deadline=None))
