"""A stage that fails everything stops; one that is given bad files does not."""

import threading
from collections.abc import Callable, Iterator
from typing import Final

import pytest
from support.clock import ManualClock
from support.kafka.messages import message, partition, submission, task
from support.rooms.handling import PROFILED
from support.waiting import DEADLINE_SECONDS, wait_until

from headway.base.errors import PermanentError
from headway.declared.failurelimit import UNLIMITED, FailureLimit
from headway.declared.handler import Context, Done, Job
from headway.declared.pipeline import Pipeline
from headway.declared.retry import RetryPolicy
from headway.declared.stage import Stage
from headway.handling.usual import Handling, usual
from headway.outcomes.claims import Claims
from headway.outcomes.dropped import Dropped
from headway.outcomes.failed import Failed
from headway.outcomes.finished import Finished
from headway.owning.offsets import OffsetTracker
from headway.owning.partition import OwnedPartition
from headway.taking.task import Outcome
from headway.wire.commands import CANCEL, RELEASE, Command
from headway.wire.records import StageRecords

_LIMIT: Final = FailureLimit(run=3, share=0.8, window=10, trials=2)
_ERRORS: Final = {"bad": PermanentError("no table"), "bug": ZeroDivisionError("a bug")}

Make = Callable[[FailureLimit], Handling]


def _as_titled(job: Job, _: Context) -> Done:
    """`bad` is the file's fault, `bug` is not, `none` is no result; else it is done."""
    if job.title in _ERRORS:
        raise _ERRORS[job.title]
    return PROFILED if job.title != "none" else Done({"nothing": "that fits"})


@pytest.fixture
def make(
    pipeline: Pipeline, first: StageRecords, claims: Claims, clock: ManualClock
) -> Iterator[Make]:
    once = RetryPolicy(calls=1, first_seconds=0, longest_seconds=0)
    made: list[Handling] = []

    def make(limit: FailureLimit) -> Handling:
        stage = Stage("p1", _as_titled, once)
        declared = pipeline.stage("p1")
        made.append(usual(stage, declared, first, claims=claims, clock=clock, limit=limit))
        return made[-1]

    yield make
    for handling in made:
        handling.stopping.set()


def _run(handling: Handling, *titles: str) -> list[type[Outcome]]:
    """What becomes of jobs with these titles, one after the other."""
    received = [message(submission(title=title)) for title in titles]
    return [type(handling.run(task(received=each))) for each in received]


def _state(handling: Handling) -> str:
    return handling.guards[-1].circuit.state


@pytest.mark.parametrize("title", ["bug", "none"])
def test_a_run_of_failures_stops_the_stage(make: Make, title: str) -> None:
    """Whether handlers raise what nobody expected or return what no record is."""
    # Given a stage that fails two jobs, when it fails a third in a row, then it stops
    handling = make(_LIMIT)
    assert _run(handling, title, title) == [Failed, Failed]
    assert _state(handling) == "closed"
    assert _run(handling, title) == [Failed]
    assert _state(handling) == "open"


def test_one_that_is_done_between_them_begins_the_run_anew(make: Make) -> None:
    """A stage that does something is no broken one."""
    # Given failures with one success among them, when they are counted, then it goes on
    handling = make(_LIMIT)
    _run(handling, "bug", "bug", "fine", "bug", "bug")
    assert _state(handling) == "closed"


def test_bad_files_stop_nobody(make: Make) -> None:
    """A user who submits a thousand of them is the only one to notice; they hide nothing either."""
    # Given a stage, when it meets bad files alone, then it goes on
    handling = make(_LIMIT)
    assert set(_run(handling, *["bad"] * 50)) == {Failed}
    assert _state(handling) == "closed"

    # When failures of its own come between bad files, then they are a run all the same
    _run(handling, "bug", "bad", "bug", "bad", "bug")
    assert _state(handling) == "open"


def test_a_share_of_failures_stops_the_stage_without_a_run(make: Make) -> None:
    """Four of five jobs given up are too many, whatever the fifth comes to."""
    # Given a stage whose run never gets long, when 8 of its last 10 jobs are given up
    handling = make(FailureLimit(run=0, share=0.8, window=10))
    _run(handling, *["bug", "bug", "bug", "bug", "fine"])
    assert _state(handling) == "closed"
    _run(handling, *["bug", "bug", "bug"])
    assert _state(handling) == "closed"
    _run(handling, "bug")

    # Then it stops
    assert _state(handling) == "open"


def test_what_lies_far_back_is_not_counted_in_a_share(make: Make) -> None:
    """Of the last ten, not of all."""
    # Given seven failures in ten, when jobs are done until they have left the window
    handling = make(FailureLimit(run=0, share=0.8, window=10))
    _run(handling, *["bug"] * 7, *["fine"] * 6)

    # Then as many failures again do not stop it
    _run(handling, *["bug"] * 3)
    assert _state(handling) == "closed"


def test_while_it_is_stopped_nothing_is_begun_and_a_few_find_out(
    make: Make, clock: ManualClock
) -> None:
    """Jobs at hand wait untouched; after 30 s two are tried, and one that is done lets all go."""
    # Given a stage that has stopped, and jobs that come
    handling = make(_LIMIT)
    _run(handling, "bug", "bug", "bug")
    guard, outcomes = handling.guards[-1], list[type[Outcome]]()
    tasks = [task(received=message(submission(title=title))) for title in ("bug", *["fine"] * 4)]
    workers = [
        threading.Thread(target=lambda t=each: outcomes.append(type(handling.run(t))), daemon=True)
        for each in tasks
    ]
    for worker in workers:
        worker.start()
    wait_until(lambda: (guard.circuit.standing() or {}).get("waiting") == len(tasks))

    # When less than 30 s have gone, then none was begun
    clock.advance(29)
    assert all(each.envelope is None for each in tasks)
    assert "too many jobs in a row" in guard.unready()
    assert "ZeroDivisionError: a bug" in guard.unready()

    # When they have, then those that are tried let all the others go in the end
    clock.advance(1)
    wait_until(lambda: len(outcomes) >= 1)
    for _ in range(10):
        clock.advance(60)
    for worker in workers:
        worker.join(DEADLINE_SECONDS)
    assert sorted(outcomes, key=str) == sorted([Failed, *[Finished] * 4], key=str)
    assert _state(handling) == "closed"


@pytest.mark.parametrize(("kind", "waits"), [(RELEASE, 1), (CANCEL, 0)])
def test_while_it_is_stopped_commands_are_done_but_those_that_let_a_job_go(
    make: Make, kind: str, waits: int
) -> None:
    """What was held is work as any other: it is not begun only to be given up."""
    # Given a stage that has stopped, and a command
    handling = make(_LIMIT)
    _run(handling, "bug", "bug", "bug")
    orders = OwnedPartition("job-commands", 2, OffsetTracker(), opens=False, orders=True)
    told = task(orders)
    told.command = Command("c", kind, "job-1", 1, "p1")

    # When a worker has it
    worker = threading.Thread(target=handling.run, args=(told,), daemon=True)
    worker.start()

    # Then it waits if it would begin a job, and else is done
    circuit = handling.guards[-1].circuit
    wait_until(lambda: (circuit.standing() or {}).get("waiting") == waits)
    wait_until(lambda: worker.is_alive() is bool(waits))
    handling.stopping.set()


def test_a_wait_ends_when_the_stage_stops(make: Make) -> None:
    """What was not begun is dropped."""
    # Given a stage that has stopped by itself, when it is to end as well, then a job is dropped
    handling = make(_LIMIT)
    _run(handling, "bug", "bug", "bug")
    handling.stopping.set()
    lost = partition()
    assert isinstance(handling.run(task(lost)), Dropped)


def test_without_a_limit_everything_may_fail(make: Make) -> None:
    """An operator may want just that."""
    # Given no limit, when everything fails, then nothing stops it
    handling = make(UNLIMITED)
    assert set(_run(handling, *["bug"] * 200)) == {Failed}
    assert _state(handling) == "closed"
