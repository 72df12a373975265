"""A dependency that is away costs no job an attempt, and no job anything else."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from support.clock import ManualClock
from support.kafka.messages import message, partition, submission, task
from support.waiting import DEADLINE_SECONDS, wait_until

from headway.base.errors import PermanentError, StoreUnavailable, TransientError
from headway.declared.dependency import Dependency
from headway.declared.handler import Context, Done, Job
from headway.declared.pipeline import Pipeline
from headway.declared.retry import RetryPolicy
from headway.declared.stage import Stage
from headway.handling.usual import Handling, usual
from headway.outcomes.claims import Claims
from headway.outcomes.dropped import Dropped
from headway.outcomes.failed import Failed
from headway.outcomes.finished import Finished
from headway.taking.task import Outcome, Task
from headway.wire.records import StageRecords
from headway.workers.wire import Raised

_DONE = Done({"profile": {"key": "k", "size_bytes": 1}, "rows": 1, "columns": 2})
_STORE = Dependency("object store", (StoreUnavailable,), failures=2, open_seconds=10)


@dataclass
class _Script:
    """A handler that raises while the store is away."""

    error: BaseException | None = field(default_factory=lambda: StoreUnavailable("no answer"))
    calls: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, _: Job, __: Context) -> Done:
        with self.lock:
            self.calls += 1
        if self.error is not None:
            raise self.error
        return _DONE


class _Runs:
    """Tasks at work beside the test, each on a thread of its own."""

    def __init__(self, handling: Handling) -> None:
        self._handling = handling
        self.outcomes: dict[str, Outcome] = {}
        self.tasks: dict[str, Task] = {}
        self._threads: list[threading.Thread] = []

    def start(self, *job_ids: str, told_to_run: bool = False) -> None:
        for number, job_id in enumerate(job_ids, len(self.tasks)):
            received = message(submission(job_id), key=job_id.encode(), offset=number)
            self.tasks[job_id] = task(partition(), offset=number, received=received)
            self.tasks[job_id].announced = told_to_run
            thread = threading.Thread(target=self._run, args=(job_id,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def wait_until_waiting(self, count: int) -> None:
        circuit = self._handling.guards[0].circuit
        wait_until(lambda: (circuit.standing() or {}).get("waiting") == count, circuit.standing)

    def join(self) -> None:
        for thread in self._threads:
            thread.join(DEADLINE_SECONDS)

    def _run(self, job_id: str) -> None:
        self.outcomes[job_id] = self._handling.run(self.tasks[job_id])


Make = Callable[..., Handling]


@pytest.fixture
def script() -> _Script:
    return _Script()


@pytest.fixture
def handling(
    pipeline: Pipeline, first: StageRecords, claims: Claims, clock: ManualClock, script: _Script
) -> Iterator[Handling]:
    """Every error is final but for what the breaker does: a call more would be seen."""
    once = RetryPolicy(calls=1, first_seconds=0, longest_seconds=0)
    stage = Stage("p1", script, once, dependencies=(_STORE,))
    made = usual(stage, pipeline.stage("p1"), first, claims=claims, clock=clock)
    yield made
    made.stopping.set()


def test_until_it_opens_an_error_is_as_any_other(handling: Handling, script: _Script) -> None:
    """What passes by itself is the business of who repeats calls."""
    # Given one failure of two, when a job meets it, then it is answered as the policy says
    outcome = handling.run(task())
    assert isinstance(outcome, Failed)
    assert (outcome.error_class, script.calls) == ("StoreUnavailable", 1)


def test_no_job_pays_for_a_dependency_that_is_away(
    handling: Handling, script: _Script, clock: ManualClock
) -> None:
    """Those whose errors opened it wait, and those that come later; all are done in the end."""
    # Given a breaker that is about to open, when a job's error opens it and two more jobs come
    handling.run(task())
    runs = _Runs(handling)
    runs.start("opens")
    runs.wait_until_waiting(1)
    runs.start("second", "third")
    runs.wait_until_waiting(3)

    # Then the handler is called no more, whatever time it is before the breaker's own
    clock.advance(9)
    assert script.calls == 2

    # When its time is up and the store is still away, then one call finds out, and all wait on
    clock.advance(1)
    wait_until(lambda: script.calls == 3, lambda: script.calls)
    runs.wait_until_waiting(3)
    assert runs.outcomes == {}

    # When the store is back, then every job is done, each by one call that counts
    script.error = None
    clock.advance(20)
    runs.join()
    assert {type(outcome) for outcome in runs.outcomes.values()} == {Finished}
    assert script.calls == 3 + len(runs.outcomes)


def test_who_waits_is_told_of_and_a_job_that_had_not_begun_still_has_not(
    handling: Handling, script: _Script, clock: ManualClock
) -> None:
    """A queued job stays queued; one that is seen to run says what it waits for."""
    # Given an open breaker, a job that comes only now, and one that has been told to run
    handling.run(task())
    runs = _Runs(handling)
    runs.start("at-work", told_to_run=True)
    runs.wait_until_waiting(1)
    runs.start("late")
    runs.wait_until_waiting(2)

    # When the loop looks at them, then each says what it waits for since when
    note = "waiting for the object store since 16:00 UTC"
    assert runs.tasks["late"].progress == (30, note)
    assert runs.tasks["at-work"].progress == (30, note)

    # And the one that comes now is not due to be told as running, however long it waits
    clock.advance(5)
    assert clock.monotonic() - runs.tasks["at-work"].started_monotonic == 5
    assert clock.monotonic() - runs.tasks["late"].started_monotonic < 0

    # When it is let through, then it begins then
    script.error = None
    clock.advance(5)
    runs.join()
    assert runs.tasks["late"].started_at == clock.now_ms()
    assert runs.tasks["late"].progress == (30, "")


@pytest.mark.parametrize("ends", ["lost", "stopping"])
def test_a_wait_ends_when_the_work_is_not_ours_any_more(
    handling: Handling, script: _Script, ends: str
) -> None:
    """The heir does it; nothing is said of it here."""
    # Given a job that waits
    handling.run(task())
    runs = _Runs(handling)
    runs.start("waits")
    runs.wait_until_waiting(1)

    # When its partition goes, or the stage stops
    if ends == "lost":
        runs.tasks["waits"].partition.lost = True
    else:
        handling.stopping.set()
    runs.join()

    # Then it is dropped, without a call more
    assert runs.outcomes == {"waits": Dropped()}
    assert script.calls == 2


def test_an_error_that_is_not_of_the_dependency_passes_and_tells_nothing(
    handling: Handling, script: _Script, clock: ManualClock
) -> None:
    """A bad file does not say that the store is back, nor that it is away."""
    # Given an open breaker with two jobs that wait
    handling.run(task())
    runs = _Runs(handling)
    runs.start("bad", "other")
    runs.wait_until_waiting(2)

    # When its time is up, and both jobs' files are bad
    script.error = PermanentError("no table")
    clock.advance(10)
    runs.join()

    # Then both have failed for their own sake, one after the other, and it is still half-open
    assert {type(outcome) for outcome in runs.outcomes.values()} == {Failed}
    assert handling.guards[0].circuit.state == "half-open"


def test_an_error_from_a_worker_process_is_known_by_its_name() -> None:
    """Its class stayed there; what came is a class made of its words."""

    # Given an error of an author's own, as it comes from a worker process
    class PrinterError(TransientError):
        """Not one of the library's."""

    printer = Dependency("printer", opened_by=(PrinterError,))
    came = Raised.of(PrinterError("no paper")).error()
    assert not isinstance(came, PrinterError)

    # When the dependency is asked, then it is blamed, and not for others
    assert printer.blamed_by(came)
    assert not printer.blamed_by(TransientError("something else"))


@pytest.mark.parametrize(
    "wrong",
    [{"failures": 0}, {"open_seconds": 0}, {"open_seconds": 61}, {"name": ""}, {"opened_by": ()}],
)
def test_a_dependency_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    """Where it is declared, not when it is away for the first time."""
    # Given a declaration with a mistake, when it is made, then it is refused
    given: dict[str, object] = {"name": "store", "opened_by": (StoreUnavailable,), **wrong}
    with pytest.raises(ValueError, match="dependency"):
        Dependency(**given)  # type: ignore[arg-type]  # that is the point
