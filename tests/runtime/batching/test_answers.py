"""Every job of a call has a context, an answer and an end of its own."""

from collections.abc import Sequence
from typing import Any

import pytest
from support.clock import ManualClock
from support.rooms.batching import Stands
from support.rooms.handling import PROFILED
from support.stages.counted import Counted
from support.stages.handlers.together import Together

from headway.base.errors import Abandoned, Cancelled, PermanentError, TransientError
from headway.commands.cancelled import Cancelled as CancelledOutcome
from headway.declared.handler import Call, Context, Done, Job
from headway.outcomes.dropped import Dropped
from headway.outcomes.duplicate import Duplicate
from headway.outcomes.failed import Failed
from headway.outcomes.finished import Finished
from headway.taking.task import Task
from headway.wire.codec import Codec


def _each_done(calls: Sequence[Call]) -> list[Done]:
    return [PROFILED for _ in calls]


def test_jobs_that_are_handed_over_together_end_each_by_itself(stand: Stands) -> None:
    """One is done, one is bad input, one may be tried again: no other is touched by it."""

    # Given a handler that answers three jobs in three ways
    def handler(job: Job, _: Context) -> Done:
        if job.job_id == "bad":
            raise PermanentError("Row 3 is odd.")
        if job.job_id == "away":
            raise TransientError("no answer")
        return PROFILED

    together = Together(handler)

    # When they are handed over, then it is called once, and each has its own end
    done, bad, away = stand(together).run("good", "bad", "away")
    assert together.calls == [["good", "bad", "away"]]
    assert isinstance(done, Finished)
    assert isinstance(bad, Failed)
    assert (bad.message, bad.retry_available) == ("Row 3 is odd.", False)
    assert isinstance(away, Failed)
    assert (away.error_class, away.retry_available) == ("TransientError", True)


def test_each_job_is_told_its_own_key_and_reports_for_itself(stand: Stands) -> None:
    """Effects outside Kafka are made idempotent by the key, and people watch their own job."""
    # Given a handler that reports of one job alone
    keys = []

    def handler(job: Job, context: Context) -> Done:
        keys.append(context.idempotency_key)
        if job.job_id == "told":
            context.report(0.5, "half way")
        return PROFILED

    # When two are handed over, then each had its key, and one has a report
    at = stand(Together(handler))
    at.run("told", "quiet")
    assert keys == ["told/1/p1", "quiet/1/p1"]
    assert at.tasks["told"].progress == (40, "half way")
    assert at.tasks["quiet"].progress is None


def test_both_states_of_a_job_carry_the_times_of_its_call(
    stand: Stands, codec: Codec, clock: ManualClock
) -> None:
    """A call of three seconds took every one of its jobs three seconds."""

    # Given a call that takes three seconds
    def slow(calls: Sequence[Call]) -> list[Done]:
        clock.advance(3)
        return _each_done(calls)

    # When two jobs are handed over
    began, counted = clock.now_ms(), Counted("p1")
    ends = stand(slow).run("a", "b")

    # Then the timeline of each says so, and the metrics count two jobs of one call
    for end in ends:
        assert isinstance(end, Finished)
        steps: list[dict[str, Any]] = codec.decode(end.state, "job-state")["timeline"]
        assert [step["at"] for step in steps[1:]] == [began, began + 3000]
    assert counted("headway_handler_seconds_sum") == 2 * 3
    assert counted("headway_batch_jobs_count") == 1
    assert counted("headway_batch_jobs_sum") == 2


@pytest.mark.parametrize("answers", [0, 1, 3])
def test_a_wrong_number_of_answers_is_told_as_what_it_is(stand: Stands, answers: int) -> None:
    """Nobody can tell which is whose; another call would return as many."""
    # Given a handler that returns too few, or too many
    calls = []

    def handler(given: Sequence[Call]) -> list[Done]:
        calls.append(len(given))
        return [PROFILED] * answers

    # When two jobs are handed over, then both have failed after one call, with the reason
    for end in stand(handler, calls=3).run("a", "b"):
        assert isinstance(end, Failed)
        assert f"was given 2 jobs and returned {answers} answers" in end.message
        assert (end.error_class, end.retry_available) == ("WrongNumberOfAnswersError", True)
    assert calls == [2]


def test_an_answer_that_is_none_fails_its_own_job(stand: Stands) -> None:
    """Its author forgot one; the others are not to blame."""
    # Given a handler that answers one of two jobs with nothing, when both are handed over
    wrong: Any = lambda _: [None, PROFILED]  # noqa: E731 - no handler has this type
    forgotten, done = stand(wrong, calls=3).run("forgotten", "done")

    # Then that one has failed
    assert isinstance(done, Finished)
    assert isinstance(forgotten, Failed)
    assert "answered a job with NoneType" in forgotten.message


def test_a_result_that_does_not_fit_fails_its_own_job(stand: Stands) -> None:
    """What a job's result is made of is looked at for each."""
    # Given a handler one of whose results leaves out a field, when both are handed over
    odd, done = stand(lambda _: [Done({"rows": 1}), PROFILED]).run("odd", "done")

    # Then that one has failed, and may be tried again
    assert isinstance(done, Finished)
    assert isinstance(odd, Failed)
    assert odd.retry_available


def test_a_cancelled_job_is_told_by_its_context_and_its_answer_is_dropped(stand: Stands) -> None:
    """The others of its call go on, whether the handler asks or not."""
    # Given a job that is cancelled while its call runs, and another whose handler asks
    told: list[str] = []

    def handler(job: Job, context: Context) -> Done:
        if job.job_id == "unasked":
            for task in at.tasks.values():
                _cancel(task, *({task.key.decode()} & {"unasked", "asked"}))
        if job.job_id == "asked":
            try:
                context.check()
            except Cancelled:
                told.append(job.job_id)
                raise
        return PROFILED

    at = stand(Together(handler))

    # When they are handed over with a third, then both are cancelled, and that one is done
    unasked, asked, done = at.run("unasked", "asked", "done")
    assert isinstance(unasked, CancelledOutcome)
    assert isinstance(asked, CancelledOutcome)
    assert isinstance(done, Finished)
    assert told == ["asked"]


def test_a_handler_that_lets_a_cancel_through_costs_the_others_a_call(stand: Stands) -> None:
    """As the handler of single jobs may do: it is not the others' fault."""
    # Given a handler that ends at the first job nobody wants
    calls = []

    def handler(given: Sequence[Call]) -> list[Done]:
        calls.append([call.job.job_id for call in given])
        _cancel(at.tasks["unwanted"], "unwanted")
        for call in given:
            call.context.check()
        return _each_done(given)

    at = stand(handler)

    # When it is given three, then the other two are done by a further call
    ends = at.run("a", "unwanted", "b")
    assert [type(end) for end in ends] == [Finished, CancelledOutcome, Finished]
    assert calls == [["a", "unwanted", "b"], ["a", "b"]]


def test_a_job_of_a_lost_partition_is_dropped_and_the_others_are_not(stand: Stands) -> None:
    """Its next owner does it."""

    # Given a handler during whose call one partition goes to another instance
    def handler(given: Sequence[Call]) -> list[Done]:
        at.tasks["lost"].partition.lost = True
        for call in given:
            call.context.check()
        return _each_done(given)

    at = stand(handler)

    # When it is given two, then that one is dropped
    lost, done = at.run("lost", "done")
    assert isinstance(lost, Dropped)
    assert isinstance(done, Finished)


def test_abandoned_without_a_loss_is_the_handlers_own_mistake(stand: Stands) -> None:
    """Dropped, such a job would stay undone for ever."""

    # Given a handler that says so of its own accord, when it is given two jobs
    def handler(_: Sequence[Call]) -> list[Done]:
        raise Abandoned("so it says")

    # Then both have failed
    ends = stand(handler).run("a", "b")
    assert [type(end) for end in ends] == [Failed, Failed]


def test_what_needs_no_handler_is_not_handed_over(stand: Stands) -> None:
    """A duplicate, a job that was cancelled before, and a record that is none."""
    # Given one of each beside a good job
    together = Together(lambda *_: PROFILED)
    at = stand(together)
    tasks = at.of("twice", "cancelled", "unread", "good")
    tasks[0].duplicate = True
    _cancel(tasks[1], "cancelled")
    tasks[2].given_up = PermanentError("it was at work three times when its process ended")

    # When all are handed over, then the handler sees the good one alone
    at.start(tasks)
    assert together.calls == [["good"]]
    assert isinstance(at.outcomes["twice"], Duplicate)
    assert isinstance(at.outcomes["cancelled"], CancelledOutcome)
    assert isinstance(at.outcomes["unread"], Failed)
    assert isinstance(at.outcomes["good"], Finished)


def _cancel(task: Task, *job_ids: str) -> None:
    for job_id in job_ids:
        task.partition.jobs.held.cancel(job_id, 1)
