"""What tests of handling share: a stage that runs a handler on a task."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.clock import ManualClock
from support.rooms.handling import AT_ONCE, ORIGIN, PROFILED, Execution, Run, error_of

from headway.declared.handler import Context, Done, Handler, Job
from headway.declared.pipeline import Pipeline
from headway.declared.retry import RetryPolicy
from headway.declared.stage import Stage
from headway.handling.usual import Handling, usual
from headway.outcomes.claims import Claims
from headway.outcomes.deadletter import letter
from headway.outcomes.failed import Failed
from headway.taking.task import Outcome, Task
from headway.wire.codec import Codec
from headway.wire.records import MAX_RECORD_BYTES, StageRecords


@pytest.fixture
def execution(
    pipeline: Pipeline, first: StageRecords, claims: Claims, clock: ManualClock
) -> Execution:
    """The execution of a first stage with the handler given."""

    def make(handler: Handler, retry: RetryPolicy = AT_ONCE) -> Handling:
        stage = Stage("p1", handler, retry)
        return usual(stage, pipeline.stage("p1"), first, claims=claims, clock=clock)

    return make


@pytest.fixture
def uncalled() -> Iterator[Handler]:
    """A handler that must not be called.

    Said when the test is over: whatever a handler raises, `pytest.fail` included, is an outcome.
    """
    calls: list[str] = []

    def handler(job: Job, _: Context) -> Done:
        calls.append(job.job_id)
        return PROFILED

    yield handler
    assert calls == []


@pytest.fixture
def run(pipeline: Pipeline, first: StageRecords, claims: Claims) -> Run:
    """Runs a handler on a task in the first stage, with one repeat and no pause."""

    def run(handler: Handler, at_work: Task) -> Outcome:
        stage = Stage("p1", handler, RetryPolicy(calls=2, first_seconds=0, longest_seconds=0))
        declared, clock = pipeline.stage("p1"), ManualClock()
        return usual(stage, declared, first, claims=claims, clock=clock).run(at_work)

    return run


@pytest.fixture
def said(first: StageRecords, codec: Codec) -> Callable[[Task, Outcome], dict[str, Any]]:
    """Says what the loop says of a failed task: the error of its FAILED, as a reader has it."""

    def said(at_work: Task, outcome: Outcome) -> dict[str, Any]:
        assert isinstance(outcome, Failed)
        assert outcome.envelope is not None
        assert letter(at_work, outcome, ORIGIN).value == at_work.message.value()
        told = first.states.failure(outcome.envelope, outcome.at, outcome.detail, began=outcome.at)
        state = first.states.failed(told, outcome.at, error_of(outcome))
        assert len(state) <= MAX_RECORD_BYTES
        error: dict[str, Any] = codec.decode(state, "job-state")["error"]
        return error

    return said
