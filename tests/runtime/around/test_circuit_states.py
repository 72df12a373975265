"""Whatever calls do, and whenever: the circuit is what a plain model of it says."""

from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_as_test
from hypothesis.strategies import DataObject, data, floats, sampled_from
from support.clock import ManualClock

from headway.around.circuit import Circuit, Pass

_FAILURES, _FIRST, _LONGEST, _TRIALS = 3, 4.0, 20.0, 2
_SETTINGS = settings(
    max_examples=80, stateful_step_count=40, derandomize=True, database=None, deadline=None
)


class _Calls(RuleBasedStateMachine):
    """Calls begin and end in any order, and time passes; beside it the model, in plain words."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock()
        self.circuit = Circuit(
            failures=_FAILURES,
            first_seconds=_FIRST,
            longest_seconds=_LONGEST,
            trials=_TRIALS,
            clock=self.clock,
        )
        self.under_way: list[Pass] = []
        self.state = "closed"
        self.failures = self.openings = 0
        self.seconds = self.until = 0.0

    @rule(seconds=floats(0, 15))
    def time_passes(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.circuit.turn()
        if self.state == "open" and self.clock.monotonic() >= self.until:
            self.state = "half-open"

    @rule()
    def a_call_begins(self) -> None:
        expected = {"closed": Pass.FREELY, "open": None}.get(self.state, self._trial())
        through = self.circuit.wait(lambda _: True)
        assert through is expected
        if through is not None:
            self.under_way.append(through)

    @precondition(lambda self: self.under_way)
    @rule(drawn=data(), end=sampled_from(["succeeds", "fails", "says nothing"]))
    def a_call_ends(self, drawn: DataObject, end: str) -> None:
        through = drawn.draw(sampled_from(self.under_way))
        self.under_way.remove(through)
        if end == "succeeds":
            self.circuit.succeeded(through)
            self._succeeds(through)
        elif end == "fails":
            self._fails(through)
            assert self.circuit.failed(through, "away") is (self.state != "closed")
        else:
            self.circuit.undecided(through)

    @rule()
    def somebody_trips_it(self) -> None:
        self.circuit.trip("too many")
        if self.state == "closed":
            self._opens(_FIRST)

    @invariant()
    def it_is_as_the_model_says(self) -> None:
        assert self.circuit.state == self.state
        assert self.circuit.closed is (self.state == "closed")
        assert self.circuit.openings == self.openings
        assert (self.circuit.standing() is None) is self.circuit.closed
        assert self.circuit.untouched is (self.circuit.closed and not self.failures)
        free = self._trial() is not None
        assert self.circuit.wants_calls is (self.state == "closed" or free)

    def _trial(self) -> Pass | None:
        free = self.under_way.count(Pass.ON_TRIAL) < _TRIALS
        return Pass.ON_TRIAL if self.state == "half-open" and free else None

    def _succeeds(self, through: Pass) -> None:
        if self.state == "closed" or through is Pass.ON_TRIAL:
            self.state, self.failures = "closed", 0

    def _fails(self, through: Pass) -> None:
        if self.state == "closed":
            self.failures += 1
            if self.failures == _FAILURES:
                self._opens(_FIRST)
        elif self.state == "half-open" and through is Pass.ON_TRIAL:
            self._opens(min(2 * self.seconds, _LONGEST))

    def _opens(self, seconds: float) -> None:
        self.openings += self.state == "closed"
        self.state, self.failures = "open", 0
        self.seconds, self.until = seconds, self.clock.monotonic() + seconds


def test_the_circuit_is_what_a_plain_model_of_it_says() -> None:
    """In every order of calls, ends and moments: states, who is let through, openings, times."""
    # Given calls that begin and end in any order, when time passes, then both say the same
    run_as_test(_Calls, settings=_SETTINGS)
