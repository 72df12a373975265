"""One job that spoils a call is found, and what fails for another reason costs no call a job."""

from collections.abc import Callable, Sequence
from math import log2

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.rooms.batching import Stands
from support.rooms.handling import PROFILED
from support.stages.handlers.together import Together
from support.stages.handlers.verbs import SpoilError

from headway.base.errors import (
    PermanentError,
    StoreUnavailable,
    TimedOut,
    TransientError,
    WorkerCrashed,
)
from headway.batching.call import Begun
from headway.batching.halving import halved
from headway.declared.dependency import Dependency
from headway.declared.handler import Call, Context, Done, Job
from headway.outcomes.dropped import Dropped
from headway.outcomes.failed import Failed
from headway.outcomes.finished import Finished
from headway.taking.ownership import Ownership


def _spoiling(*job_ids: str, error: BaseException | None = None) -> Together:
    def handler(job: Job, _: Context) -> Done:
        if job.job_id in job_ids:
            raise error or SpoilError(f"{job.job_id} spoils it all")
        return PROFILED

    return Together(handler)


@pytest.mark.parametrize("place", [0, 7, 15])
def test_the_job_that_spoils_a_call_fails_alone(stand: Stands, place: int) -> None:
    """The others are done, and it takes two calls for each time the batch can be halved."""
    # Given sixteen jobs, one of which spoils whatever call it is in
    jobs = [f"job-{number}" for number in range(16)]
    together = _spoiling(jobs[place])

    # When they are handed over, then it has failed of its own error, and the others are done
    ends = stand(together).run(*jobs)
    spoiler = ends.pop(place)
    assert isinstance(spoiler, Failed)
    assert spoiler.message == f"{jobs[place]} spoils it all"
    assert all(isinstance(end, Finished) for end in ends)
    assert len(together.calls) == 1 + 2 * log2(16)


@pytest.mark.parametrize("error", [LookupError("a bug"), PermanentError("Row 3 is odd.")])
def test_a_call_that_always_fails_is_soon_made_for_each_job_alone(
    stand: Stands, error: Exception
) -> None:
    """No job fails of what may be another's doing; but halves that only fail are few."""
    # Given a handler that raises whatever it is given
    calls = []

    def handler(given: Sequence[Call]) -> list[Done]:
        calls.append(len(given))
        raise error

    # When it is given 64 jobs, then each has failed of that, and eleven calls were more than needed
    ends = stand(handler).run(*(f"job-{number}" for number in range(64)))
    assert {(type(end), str(getattr(end, "message", ""))) for end in ends} == {
        (Failed, str(error)),
    }
    assert calls[:7] == [64, 32, 16, 8, 4, 2, 1]
    assert calls.count(1) == 64
    assert len(calls) <= 64 + 11


@pytest.mark.parametrize("error", [TransientError("rate limit"), StoreUnavailable("away")])
def test_what_may_pass_is_nobodys_fault_and_not_halved(stand: Stands, error: Exception) -> None:
    """The whole batch is repeated in place, as one call, and counts for each job in the end."""
    # Given a handler whose service is away, and a stage with three calls in place
    together = _spoiling("b")

    def handler(given: Sequence[Call]) -> list[Done]:
        together(given[:1])
        raise error

    # When it is given two jobs, then it was called three times
    ends = stand(handler, calls=3).run("a", "b")
    assert [type(end) for end in ends] == [Failed, Failed]
    assert len(together.calls) == 3


def test_an_error_that_a_dependency_is_blamed_for_is_not_halved(stand: Stands) -> None:
    """Whatever its class is: the stage's author said that it comes from there."""
    # Given a dependency that says so by an error of its own
    service = Dependency("model", (ConnectionError,), failures=99)
    calls = []

    def handler(given: Sequence[Call]) -> list[Done]:
        calls.append(len(given))
        raise ConnectionResetError

    # When it raises as a whole, then nothing is halved
    stand(handler, dependencies=(service,)).run("a", "b", "c")
    assert calls == [3]


@pytest.mark.parametrize("error", [TimedOut("took 600 s"), WorkerCrashed("SIGKILL")])
def test_a_job_that_takes_too_long_is_found_though_that_may_pass(
    stand: Stands, error: Exception
) -> None:
    """It may well be one job's doing."""
    # Given one of four that ends the call, when they are handed over
    calls: list[int] = []

    def handler(given: Sequence[Call]) -> list[Done]:
        calls.append(len(given))
        if any(call.job.job_id == "slow" for call in given):
            raise error
        return [PROFILED for _ in given]

    # Then the other three are done
    ends = stand(handler).run("a", "slow", "b", "c")
    assert [type(end) for end in ends] == [Finished, Failed, Finished, Finished]


def test_no_half_begins_once_the_stage_stops(stand: Stands) -> None:
    """A drain waits for calls that run, and begins no other."""
    # Given a stage that is stopped during a call which fails
    calls = []

    def handler(given: Sequence[Call]) -> list[Done]:
        calls.append(len(given))
        at.handling.stopping.set()
        raise SpoilError

    # When it is given four jobs, then they are left to whoever comes next
    at = stand(handler)
    ends = at.run("a", "b", "c", "d")
    assert [type(end) for end in ends] == [Dropped] * 4
    assert calls == [4]


@given(size=st.integers(1, 60), spoilers=st.sets(st.integers(0, 59)))
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_every_job_is_answered_once_whichever_spoil_it(
    begun: Callable[[int], list[Begun]], size: int, spoilers: set[int]
) -> None:
    """A job fails only of an error that was raised in a call of its own, and calls are bounded."""
    # Given a batch in which some jobs spoil their call
    batch, asked = begun(size), []
    poison = [each for number, each in enumerate(batch) if number in spoilers]

    def ask(part: Sequence[Begun]) -> Sequence[Done]:
        asked.append(part)
        if any(each in poison for each in part):
            raise SpoilError
        return [PROFILED for _ in part]

    # When it is called
    answers: dict[int, Done | BaseException] = {}

    def answered(each: Begun, answer: Done | BaseException) -> None:
        assert each.task.offset not in answers
        answers[each.task.offset] = answer

    halved(ask, Ownership(), lambda _: False)(batch, answered)

    # Then all are answered, those that spoil it with their error and no others, by few calls
    assert sorted(answers) == list(range(size))
    failed = {number for number, answer in answers.items() if not isinstance(answer, Done)}
    assert failed == {each.task.offset for each in poison}
    assert len(asked) <= 1 + 2 * len(poison) * max(1, (size - 1).bit_length())
    assert len(asked) < 2 * size
