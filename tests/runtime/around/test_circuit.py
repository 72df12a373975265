"""When calls go through, when none do, and for how long."""

from support.clock import ManualClock

from headway.around.circuit import Circuit, Pass

AT_ONCE = lambda _seconds: True  # noqa: E731 - who asks does not wait


def _circuit(clock: ManualClock, *, failures: int = 3, trials: int = 1) -> Circuit:
    return Circuit(
        failures=failures, first_seconds=10, longest_seconds=35, trials=trials, clock=clock
    )


def _opened(clock: ManualClock, *, trials: int = 1) -> Circuit:
    circuit = _circuit(clock, failures=1, trials=trials)
    assert circuit.failed(Pass.FREELY, "away")
    return circuit


def test_it_opens_after_so_many_failures_in_a_row(clock: ManualClock) -> None:
    """One success between them, and the count begins anew."""
    # Given two failures, a success, and two failures more
    circuit = _circuit(clock)
    assert not circuit.failed(Pass.FREELY, "one")
    assert not circuit.failed(Pass.FREELY, "two")
    circuit.succeeded(Pass.FREELY)
    assert not circuit.failed(Pass.FREELY, "one")
    assert not circuit.failed(Pass.FREELY, "two")
    assert circuit.wait(AT_ONCE) is Pass.FREELY

    # When the third in a row fails, then nothing goes through, and it is told since when and why
    clock.advance(5)
    assert circuit.failed(Pass.FREELY, "three")
    assert circuit.wait(AT_ONCE) is None
    standing = circuit.standing()
    assert standing is not None
    assert (standing["state"], standing["error"]) == ("open", "three")
    assert circuit.since_ms == clock.now_ms()


def test_one_is_let_through_when_its_time_is_up_and_closes_it(clock: ManualClock) -> None:
    """Nobody else goes through meanwhile; then all do."""
    # Given a circuit whose time is up
    circuit = _opened(clock)
    clock.advance(9.9)
    assert circuit.wait(AT_ONCE) is None
    clock.advance(0.1)

    # When two ask, then one is let through
    assert circuit.wait(AT_ONCE) is Pass.ON_TRIAL
    assert circuit.wait(AT_ONCE) is None

    # When that one succeeds, then it is closed, and there is nothing to tell
    circuit.succeeded(Pass.ON_TRIAL)
    assert circuit.wait(AT_ONCE) is Pass.FREELY
    assert circuit.standing() is None


def test_each_trial_that_fails_doubles_the_time_up_to_the_longest(clock: ManualClock) -> None:
    """It counts as one opening, told since it began; once closed the times begin anew."""
    # Given a circuit that is open since a moment
    circuit = _opened(clock)
    since = circuit.since_ms

    # When trial after trial fails, then the next one waits for twice as long, up to 35 s
    for seconds in (10, 20, 35, 35):
        clock.advance(seconds - 0.5)
        assert circuit.wait(AT_ONCE) is None
        clock.advance(0.5)
        assert circuit.wait(AT_ONCE) is Pass.ON_TRIAL
        assert circuit.failed(Pass.ON_TRIAL, "still away")
    assert (circuit.since_ms, circuit.openings) == (since, 1)

    # When one succeeds and it opens again later, then it opens for as long as at first
    clock.advance(35)
    assert circuit.wait(AT_ONCE) is Pass.ON_TRIAL
    circuit.succeeded(Pass.ON_TRIAL)
    assert circuit.failed(Pass.FREELY, "away again")
    clock.advance(10)
    assert circuit.wait(AT_ONCE) is Pass.ON_TRIAL
    assert circuit.openings == 2


def test_how_an_older_call_ends_moves_nothing(clock: ManualClock) -> None:
    """It began before: what it met is past."""
    # Given a circuit that is open, and calls that began before
    circuit = _opened(clock)

    # When one of them succeeds, then it stays open; one that fails is told to wait
    circuit.succeeded(Pass.FREELY)
    assert circuit.failed(Pass.FREELY, "late")
    assert circuit.state == "open"

    # When it is half-open, then neither uses up the trial
    clock.advance(10)
    circuit.turn()
    assert circuit.failed(Pass.FREELY, "later")
    circuit.succeeded(Pass.FREELY)
    assert circuit.state == "half-open"
    assert circuit.wait(AT_ONCE) is Pass.ON_TRIAL


def test_a_trial_that_says_nothing_makes_room_for_the_next(clock: ManualClock) -> None:
    """A job that is refused for its own sake tells nothing of what others depend on."""
    # Given a trial under way
    circuit = _opened(clock)
    clock.advance(10)
    assert circuit.wait(AT_ONCE) is Pass.ON_TRIAL

    # When it ends for another reason, then another may try at once
    circuit.undecided(Pass.ON_TRIAL)
    assert circuit.state == "half-open"
    assert circuit.wait(AT_ONCE) is Pass.ON_TRIAL


def test_of_several_trials_one_that_succeeds_is_enough(clock: ManualClock) -> None:
    """Also if another has failed before it, and none of their places is lost."""
    # Given three on trial
    circuit = _opened(clock, trials=3)
    clock.advance(10)
    assert [circuit.wait(AT_ONCE) for _ in range(4)] == [*[Pass.ON_TRIAL] * 3, None]

    # When the first fails and the others succeed, then it is closed
    assert circuit.failed(Pass.ON_TRIAL, "away")
    circuit.succeeded(Pass.ON_TRIAL)
    circuit.succeeded(Pass.ON_TRIAL)
    assert circuit.wait(AT_ONCE) is Pass.FREELY

    # When it opens again, then three may try again
    circuit.trip("too many")
    clock.advance(10)
    assert [circuit.wait(AT_ONCE) for _ in range(4)] == [*[Pass.ON_TRIAL] * 3, None]


def test_it_wants_calls_only_where_one_would_be_let_through(clock: ManualClock) -> None:
    """What pauses partitions asks this: half-open with nobody there, one has to come."""
    # Given a circuit, closed, then open
    circuit = _circuit(clock, failures=1)
    assert circuit.wants_calls
    circuit.failed(Pass.FREELY, "away")
    assert not circuit.wants_calls

    # When its time is up, then it wants one, unless somebody waits already
    clock.advance(10)
    circuit.turn()
    assert circuit.wants_calls
    assert circuit.wait(AT_ONCE) is Pass.ON_TRIAL
    assert not circuit.wants_calls
    seen = []
    circuit.wait(lambda _: bool(seen.append(circuit.standing())) or True)
    assert seen[0] is not None
    assert seen[0]["waiting"] == 1
