"""A dependency that is away, calls in place and too many failures, for jobs in one call."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import pytest
from support.clock import ManualClock
from support.rooms.batching import Stand, Stands
from support.rooms.handling import PROFILED
from support.stages.counted import Counted
from support.stages.handlers.together import Together
from support.waiting import DEADLINE_SECONDS, wait_until

from headway.base.errors import PermanentError, StoreUnavailable, TransientError
from headway.commands.cancelled import Cancelled
from headway.declared.dependency import Dependency
from headway.declared.failurelimit import FailureLimit
from headway.declared.handler import Call, Context, Done, Job
from headway.outcomes.dropped import Dropped
from headway.outcomes.failed import Failed
from headway.outcomes.finished import Finished

_STORE = Dependency("object store", (StoreUnavailable,), failures=2, open_seconds=10)
_AWAY = StoreUnavailable("no answer")


@dataclass
class _Errors:
    """What jobs fail of, until it is taken back."""

    of: dict[str, BaseException] = field(default_factory=dict)

    def __call__(self, job: Job, _: Context) -> Done:
        if job.job_id in self.of:
            raise self.of[job.job_id]
        return PROFILED


class _Beside:
    """Jobs handed over on a thread of their own."""

    def __init__(self, at: Stand, *job_ids: str) -> None:
        self._at = at
        self._thread = threading.Thread(target=partial(at.start, at.of(*job_ids)), daemon=True)
        self._thread.start()

    def wait_until_waiting(self, guard: int = 0) -> None:
        circuit = self._at.handling.guards[guard].circuit
        wait_until(lambda: (circuit.standing() or {}).get("waiting") == 1, circuit.standing)

    def join(self) -> None:
        self._thread.join(DEADLINE_SECONDS)
        assert not self._thread.is_alive()


def test_only_those_that_failed_are_called_again_in_place(stand: Stands) -> None:
    """The others are done after the first call, and wait for none of them."""
    # Given three jobs, one of which fails of what may pass, once
    errors = _Errors({"shaky": TransientError("a blip")})

    def handler(job: Job, context: Context) -> Done:
        try:
            return errors(job, context)
        finally:
            ended_before_again.append([*at.outcomes])
            errors.of.pop(job.job_id, None)

    ended_before_again: list[list[str]] = []
    together = Together(handler)
    at, counted = stand(together, calls=3), Counted("p1")

    # When they are handed over, then that one is called again alone, and all are done
    ends = at.run("a", "shaky", "b")
    assert together.calls == [["a", "shaky", "b"], ["shaky"]]
    assert all(isinstance(end, Finished) for end in ends)
    assert ended_before_again[-1] == ["a", "b"]
    assert counted("headway_handler_retries_total") == 1


def test_a_job_that_cannot_succeed_is_not_called_again(stand: Stands) -> None:
    """Each error is answered by what it is, whatever the call of it was."""
    # Given one that is bad input and one that goes on failing, in a stage with three calls
    errors = _Errors({"bad": PermanentError("odd"), "shaky": TransientError("again")})
    together = Together(errors)

    # When both are handed over, then the second alone is called again, twice
    bad, shaky = stand(together, calls=3).run("bad", "shaky")
    assert isinstance(bad, Failed)
    assert isinstance(shaky, Failed)
    assert together.calls == [["bad", "shaky"], ["shaky"], ["shaky"]]


def test_jobs_wait_for_a_dependency_as_what_they_are(stand: Stands, clock: ManualClock) -> None:
    """A call is one failure to the breaker, however many jobs it has; none of them pays for it."""
    # Given two jobs that blame the store in two calls, and one that needs it not at all
    errors = _Errors({"a": _AWAY, "b": _AWAY, "bad": PermanentError("odd")})
    together = Together(errors)
    at = stand(together, calls=2, dependencies=(_STORE,))

    # When they are handed over, then those two wait in the second call's place
    beside = _Beside(at, "a", "b", "bad")
    beside.wait_until_waiting()
    assert together.calls == [["a", "b", "bad"], ["a", "b"]]
    assert [*at.outcomes] == ["bad"]
    assert "waiting for the object store" in str(at.tasks["a"].progress)

    # And when the store is back and the breaker lets one call try, then it is both of them
    errors.of.clear()
    clock.advance(10)
    beside.join()
    assert together.calls[2:] == [["a", "b"]]
    assert [type(at.outcomes[job_id]) for job_id in ("a", "b")] == [Finished, Finished]
    assert at.handling.guards[0].circuit.closed


def test_one_job_that_is_done_says_that_the_dependency_is_there(stand: Stands) -> None:
    """Others of its call that blame it are tried later, as if it had answered late."""
    # Given one of two jobs that blames the store, again and again
    at = stand(Together(_Errors({"b": _AWAY})), dependencies=(_STORE,))

    # When as many calls have failed for it as open the breaker, then it is closed
    for number in range(3):
        assert isinstance(at.run(f"a{number}", "b")[0], Finished)
        assert isinstance(at.outcomes.pop("b"), Failed)
    assert at.handling.guards[0].circuit.closed


def test_who_is_cancelled_or_lost_waits_no_longer(stand: Stands, clock: ManualClock) -> None:
    """The others of the batch wait on, and are done together."""
    # Given four jobs that wait for the store
    errors = _Errors(dict.fromkeys(("a", "b", "cancelled", "lost"), _AWAY))
    together = Together(errors)
    at = stand(together, calls=2, dependencies=(_STORE,))
    beside = _Beside(at, "a", "b", "cancelled", "lost")
    beside.wait_until_waiting()

    # When one is cancelled and one lost, then those two end, and the store is not asked
    at.tasks["cancelled"].partition.jobs.held.cancel("cancelled", 1)
    at.tasks["lost"].partition.lost = True
    wait_until(lambda: len(at.outcomes) == 2, lambda: at.outcomes)
    assert isinstance(at.outcomes["cancelled"], Cancelled)
    assert isinstance(at.outcomes["lost"], Dropped)
    assert len(together.calls) == 2

    # And the others are done once it is back
    errors.of.clear()
    clock.advance(10)
    beside.join()
    assert together.calls[2:] == [["a", "b"]]


def test_a_stage_that_stops_leaves_those_that_wait_to_the_next(stand: Stands) -> None:
    """At once, whatever the breaker's time is."""
    # Given jobs that wait for the store
    at = stand(Together(_Errors({"a": _AWAY, "b": _AWAY})), calls=2, dependencies=(_STORE,))
    beside = _Beside(at, "a", "b")
    beside.wait_until_waiting()

    # When the stage stops, then they are dropped
    at.handling.stopping.set()
    beside.join()
    assert [type(end) for end in at.outcomes.values()] == [Dropped, Dropped]


@pytest.mark.parametrize("well", [True, False])
def test_while_too_many_fail_jobs_are_tried_one_at_a_time(
    stand: Stands, clock: ManualClock, *, well: bool
) -> None:
    """A batch on trial would be given up as a whole; the first that is done lets all others go."""
    # Given a limit of two failures in a row, which a call of three has reached
    errors = _Errors(dict.fromkeys(("x", "y", "z"), TransientError("broken")))
    together = Together(errors)
    at = stand(together, limit=FailureLimit(run=2, share=0, first_seconds=30, trials=1))
    at.run("x", "y", "z")

    # When a batch of three comes, and it is time for a trial that ends as it does
    errors.of = {} if well else {"a": TransientError("still broken")}
    beside = _Beside(at, "a", "b", "c")
    beside.wait_until_waiting()
    assert len(together.calls) == 1
    clock.advance(30)

    # Then one is tried, and the others follow together, or wait for the next trial
    if well:
        beside.join()
        assert together.calls[1:] == [["a"], ["b", "c"]]
    else:
        wait_until(lambda: len(at.outcomes) == 4, lambda: at.outcomes)
        beside.wait_until_waiting()
        assert together.calls[1:] == [["a"]]


def test_whoever_is_cancelled_need_not_wait_for_the_trial(stand: Stands) -> None:
    """Nobody has to wait for the end of something that nobody wants."""
    # Given a batch that waits because too many have failed
    at = stand(
        Together(_Errors({"x": TransientError("broken")})),
        limit=FailureLimit(run=1, share=0, trials=1),
    )
    at.run("x")
    beside = _Beside(at, "a", "b")
    beside.wait_until_waiting()

    # When its second job is cancelled, then that one is over, and the first waits on
    at.tasks["b"].partition.jobs.held.cancel("b", 1)
    wait_until(lambda: "b" in at.outcomes, lambda: at.outcomes)
    assert isinstance(at.outcomes["b"], Cancelled)
    beside.wait_until_waiting()
    assert "a" not in at.outcomes


def test_whatever_goes_wrong_around_a_call_costs_its_jobs_alone(
    stand: Stands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake of ours, or the end of memory: a thread that raised would be gone."""

    # Given a wrapper that fails after one of two jobs was answered
    def broken(*_: object) -> float | None:
        raise MemoryError

    def handler(given: Sequence[Call]) -> list[Done | BaseException]:
        return [PROFILED, *(LookupError("a bug") for _ in given[1:])]

    at = stand(handler)
    monkeypatch.setattr(at.handling.repeats, "pause_after", broken)

    # When they are handed over, then the one is done, and the other has failed
    done, failed = at.run("done", "failed")
    assert isinstance(done, Finished)
    assert isinstance(failed, Failed)
    assert failed.error_class == "MemoryError"
