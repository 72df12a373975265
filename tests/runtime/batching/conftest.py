"""What tests of batches share: jobs of a first stage, handed over together in the test's thread."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.clock import ManualClock
from support.kafka.messages import message, task
from support.rooms.batching import Stand, Stands

from headway.batching.call import Begun
from headway.batching.usual import together
from headway.declared.dependency import Dependency
from headway.declared.failurelimit import UNLIMITED, FailureLimit
from headway.declared.handler import Context, Done, Job, ManyHandler
from headway.declared.pipeline import Pipeline
from headway.declared.retry import RetryPolicy
from headway.declared.stage import Stage
from headway.handling.usual import usual
from headway.outcomes.claims import Claims
from headway.wire.records import StageRecords


@pytest.fixture
def stand(
    pipeline: Pipeline, first: StageRecords, claims: Claims, clock: ManualClock
) -> Iterator[Stands]:
    """Makes a stage of a handler that is given many jobs; one call for each, unless told more."""
    made: list[Stand] = []

    def make(
        handle_many: ManyHandler,
        *,
        calls: int = 1,
        limit: FailureLimit = UNLIMITED,
        dependencies: tuple[Dependency, ...] = (),
        **more: Any,
    ) -> Stand:
        policy = RetryPolicy(calls=calls, first_seconds=0, longest_seconds=0)
        stage = Stage("p1", _alone, policy, dependencies, handle_many)
        declared = pipeline.stage("p1")
        handling = usual(stage, declared, first, claims=claims, clock=clock, limit=limit)
        work = together(handle_many, stage, declared, handling, clock=clock, **more)
        made.append(Stand(handling, work))
        return made[-1]

    yield make
    for each in made:
        each.handling.stopping.set()


def _alone(job: Job, _: Context) -> Done:
    raise AssertionError(f"{job.job_id} was handed over by itself")


@pytest.fixture(scope="session")
def begun() -> Callable[[int], list[Begun]]:
    """So many jobs that take part in a call, numbered by their offsets."""

    def make(count: int) -> list[Begun]:
        tasks = [task(offset=number, received=message(offset=number)) for number in range(count)]
        return [Begun(each, Job(f"job-{each.offset}", 1, "title", {})) for each in tasks]

    return make
