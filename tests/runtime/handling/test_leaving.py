"""Work that is not ours any more, or not begun in time, is dropped and left to its next owner."""

import threading

from support.kafka.messages import partition, task
from support.rooms.handling import PROFILED, Execution
from support.waiting import DEADLINE_SECONDS

from headway.base.errors import Abandoned, TransientError
from headway.declared.handler import Context, Done, Handler, Job
from headway.declared.retry import RetryPolicy
from headway.outcomes.dropped import Dropped
from headway.outcomes.duplicate import Duplicate
from headway.outcomes.failed import Failed

_NEVER = RetryPolicy(calls=2, first_seconds=3600.0, longest_seconds=3600.0)


def test_work_that_was_given_up_is_dropped(execution: Execution) -> None:
    """A handler that lets Abandoned propagate leaves the offset to the next owner."""
    # Given a handler that finds out its work is not its own any more
    owner = partition()

    def handler(*_: object) -> Done:
        owner.lost = True
        raise Abandoned("gone")

    # When it is run, then it is dropped without another call
    assert execution(handler).run(task(owner)) == Dropped()


def test_abandoning_a_job_that_is_still_ours_is_an_error_like_any_other(
    execution: Execution,
) -> None:
    """Dropped, its offset would stay undone for ever and hold up the whole partition."""
    # Given a handler that gives up a job that nobody else has
    calls = []

    def handler(*_: object) -> Done:
        calls.append(1)
        raise Abandoned("I do not like it")

    # When it is run, then the job fails after three calls and may be tried again
    outcome = execution(handler).run(task())
    assert isinstance(outcome, Failed)
    assert (outcome.error_class, outcome.retry_available, len(calls)) == ("Abandoned", True, 3)


def test_a_report_from_a_lost_partition_abandons_the_work(execution: Execution) -> None:
    """The first report after a rebalance ends work whose result nobody would take."""
    # Given a partition that is lost while the handler works
    owner, returned = partition(), list[str]()

    def handler(_: Job, context: Context) -> Done:
        context.report(0.1)
        owner.lost = True
        context.report(0.2)
        returned.append("a report from a lost partition")
        return PROFILED

    # When it is run, then it is dropped
    assert execution(handler).run(task(owner)) == Dropped()
    assert returned == []


def test_a_record_of_a_lost_partition_is_not_begun(execution: Execution, uncalled: Handler) -> None:
    """What waited for a worker while the partition went is left alone."""
    # Given a task of a lost partition, when it is run, then no handler is called
    owner = partition()
    waiting = task(owner)
    owner.lost = True
    assert execution(uncalled).run(waiting) == Dropped()


def test_no_record_is_begun_while_the_process_stops(
    execution: Execution, uncalled: Handler
) -> None:
    """Draining finishes what runs and begins nothing."""
    # Given an execution that is told to stop
    stopping = execution(uncalled)
    stopping.stopping.set()

    # When a record comes to a worker, then it is dropped
    assert stopping.run(task()) == Dropped()


def test_stopping_ends_the_pause_before_the_next_call(execution: Execution) -> None:
    """A drain does not wait out a back-off of an hour."""
    # Given a task in the pause after a failed call
    failed = threading.Event()

    def handler(*_: object) -> Done:
        failed.set()
        raise TransientError("away")

    pausing = execution(handler, _NEVER)
    outcomes: list[object] = []
    worker = threading.Thread(target=lambda: outcomes.append(pausing.run(task())))
    worker.start()
    assert failed.wait(DEADLINE_SECONDS)

    # When the process stops, then the task is dropped at once
    pausing.stopping.set()
    worker.join(DEADLINE_SECONDS)
    assert outcomes == [Dropped()]


def test_a_partition_lost_in_a_pause_drops_the_work(execution: Execution) -> None:
    """No further call is made for somebody else's job."""
    # Given a handler whose partition goes while it fails
    owner, calls = partition(), []

    def handler(*_: object) -> Done:
        calls.append(1)
        owner.lost = True
        raise TransientError("away")

    # When it is run, then it is dropped after the one call
    assert execution(handler).run(task(owner)) == Dropped()
    assert calls == [1]


def test_a_duplicate_is_dropped_without_a_call(execution: Execution, uncalled: Handler) -> None:
    """A second submission of a job runs nothing."""
    # Given a record of a job that an earlier one opened
    again = task()
    again.duplicate = True

    # When it is run, then no handler is called
    assert execution(uncalled).run(again) == Duplicate()
