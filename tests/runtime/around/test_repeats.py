"""What lies around a handler: in which order, and what a policy's answers come to."""

from collections.abc import Callable

import pytest
from support.clock import ManualClock
from support.kafka.messages import task
from support.stages.parked import Parked

from headway.around.wrapper import Call, Ended, wrapped
from headway.base.errors import TransientError
from headway.declared.backoff import Backoff
from headway.declared.handler import Context, Done, Handler, Job
from headway.declared.pipeline import Pipeline
from headway.declared.retry import Again, Answer, GiveUp
from headway.declared.stage import Stage
from headway.handling.usual import Handling, usual
from headway.outcomes.claims import Claims
from headway.outcomes.failed import Failed
from headway.outcomes.finished import Finished
from headway.outcomes.postponed import Postponed
from headway.taking.task import Task
from headway.wire.records import StageRecords

_DONE = Done({"profile": {"key": "k", "size_bytes": 1}, "rows": 1, "columns": 2})

Make = Callable[..., Handling]


class _Policy:
    """Gives the answers it was given, in order."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = iter(answers)
        self.asked: list[int] = []

    def answer(self, error: BaseException, failed_calls: int) -> Answer:
        assert isinstance(error, TransientError)
        self.asked.append(failed_calls)
        return next(self._answers)


@pytest.fixture
def handling(pipeline: Pipeline, first: StageRecords, claims: Claims, clock: ManualClock) -> Make:
    def make(handler: Handler, policy: _Policy, **more: object) -> Handling:
        stage = Stage("p1", handler, policy)
        declared = pipeline.stage("p1")
        return usual(stage, declared, first, claims=claims, clock=clock, **more)  # type: ignore[arg-type]  # as the test says

    return make


def _away(_: Job, __: Context) -> Done:
    raise TransientError("away")


def test_what_fails_in_place_is_tried_later_as_the_pipeline_declares(handling: Make) -> None:
    """No worker waits for minutes, and nothing is given up that may pass."""
    # Given a policy that says again, then no more, and a declared delay of a minute
    policy = _Policy(Again(0), GiveUp())
    later = Backoff(delays_seconds=(60.0,), tries=1, jitter=0.0, deadline_seconds=3600.0)
    way = handling(_away, policy, backoff=later)

    # When the handler fails twice
    outcome = way.run(task())

    # Then the job waits, and the calls in place are over
    assert isinstance(outcome, Postponed)
    assert outcome.carried.due_at == outcome.at + 60_000
    assert (outcome.tier, outcome.carried.tries, policy.asked) == (1, 1, [1, 2])


def test_where_there_is_no_later_the_job_is_given_up(handling: Make) -> None:
    """No job waits for what is not there."""
    # Given a way without later tries, when a policy gives up in place
    outcome = handling(_away, _Policy(GiveUp())).run(task())

    # Then the job has failed, and may be tried again by its user
    assert isinstance(outcome, Failed)
    assert (outcome.error_class, outcome.retry_available) == ("TransientError", True)


def test_a_policy_that_gives_up_is_not_asked_again(handling: Make) -> None:
    """One call, one answer."""
    # Given a policy that gives up, when the handler fails, then that is all
    policy = _Policy(GiveUp())
    assert isinstance(handling(_away, policy).run(task()), Failed)
    assert policy.asked == [1]


def test_a_wrapper_of_the_tests_own_may_end_a_task_without_the_handler(handling: Make) -> None:
    """As a breaker will, for a dependency that is away."""
    # Given a wrapper that lets nothing through
    called: list[str] = []

    def closed(_: Call) -> Call:
        def call(at_work: Task, _: Job) -> Done | Ended:
            assert at_work.envelope is not None
            return Ended(Parked("parked", at_work.envelope, "closed"))

        return call

    def handler(job: Job, _: Context) -> Done:
        called.append(job.job_id)
        return _DONE

    # When a job comes, then it ends as the wrapper says and the handler hears nothing of it
    outcome = handling(handler, _Policy(), wrappers=[closed]).run(task())
    assert isinstance(outcome, Parked)
    assert called == []


def test_the_first_wrapper_is_the_outermost() -> None:
    """The order of a list is the order in which a call goes in."""
    # Given two wrappers that note when they are entered
    entered: list[str] = []

    def noting(name: str) -> Callable[[Call], Call]:
        def wrapper(inner: Call) -> Call:
            def call(at_work: Task, job: Job) -> Done | Ended:
                entered.append(name)
                return inner(at_work, job)

            return call

        return wrapper

    # When a call goes through both
    call = wrapped(lambda _task, _job: _DONE, [noting("outer"), noting("inner")])
    done = call(task(), Job("job-1", 1, "title", {}))

    # Then the first was entered first
    assert (done, entered) == (_DONE, ["outer", "inner"])


def test_a_handler_that_returns_is_called_once(handling: Make) -> None:
    """Wrappers add nothing to what goes well."""
    # Given a handler that returns, when it is run, then no policy is asked
    policy = _Policy()
    assert isinstance(handling(lambda _job, _context: _DONE, policy).run(task()), Finished)
    assert policy.asked == []
