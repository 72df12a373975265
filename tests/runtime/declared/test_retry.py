"""When a handler is called again, and when it is given up."""

import pytest

from headway.base.errors import (
    DecodeError,
    ObjectNotFound,
    PermanentError,
    StoreUnavailable,
    TimedOut,
    WorkerCrashed,
)
from headway.declared.retry import IN_PLACE, Again, GiveUp, RetryPolicy


def test_pauses_double_up_to_the_longest() -> None:
    """A dependency that is away gets more time at each call, but not for ever."""
    # Given a policy of six calls
    policy = RetryPolicy(calls=6, first_seconds=0.5, longest_seconds=3.0)

    # When calls fail one after another, then the pauses double and stay below the longest
    error = StoreUnavailable("away")
    answers = [policy.answer(error, n) for n in range(1, 6)]
    assert answers == [Again(0.5), Again(1.0), Again(2.0), Again(3.0), Again(3.0)]


def test_after_the_last_call_it_gives_up() -> None:
    """`calls` counts the calls, the first one included."""
    # Given a policy of three calls, when the third has failed, then there is no fourth
    policy = RetryPolicy(calls=3, first_seconds=1, longest_seconds=1)
    assert policy.answer(StoreUnavailable("away"), 2) == Again(1)
    assert policy.answer(StoreUnavailable("away"), 3) == GiveUp()


@pytest.mark.parametrize("error", [PermanentError("bad"), DecodeError("bad"), ObjectNotFound("x")])
def test_a_permanent_error_is_given_up_at_once(error: PermanentError) -> None:
    """The same input fails every time."""
    # Given bad input, when the first call has failed, then there is no second
    assert IN_PLACE.answer(error, 1) == GiveUp()


@pytest.mark.parametrize("error", [WorkerCrashed("SIGSEGV"), TimedOut("after 600 s")])
def test_a_call_that_cost_its_process_is_not_repeated_in_place(error: Exception) -> None:
    """Each such call costs a process, or all the time a call may take: it is tried again later."""
    # Given the usual policy, when such a call fails, then there is no second at once
    assert IN_PLACE.answer(error, 1) == GiveUp()


def test_a_policy_of_fewer_calls_is_kept_to() -> None:
    """What a stage asks for is never exceeded."""
    # Given a policy of one call, when it crashed, then there is no second
    policy = RetryPolicy(calls=1, first_seconds=1, longest_seconds=1)
    assert policy.answer(WorkerCrashed("SIGSEGV"), 1) == GiveUp()
    assert policy.answer(TimedOut("after 600 s"), 1) == GiveUp()


def test_an_error_nobody_expected_is_tried_again() -> None:
    """A bug may be a race: it gets the same calls as a transient error."""
    # Given an exception of another library, when it is met, then it is tried again
    assert IN_PLACE.answer(LookupError("?"), 1) == Again(0.2)


def test_the_usual_pauses_stay_below_a_second() -> None:
    """A pause holds a worker: what waits for longer waits in a topic."""
    # Given the usual policy, when all its pauses are added, then they are 0.6 seconds
    answers = [IN_PLACE.answer(OSError(), n) for n in range(1, IN_PLACE.calls)]
    assert sum(a.pause_seconds for a in answers if isinstance(a, Again)) == pytest.approx(0.6)
