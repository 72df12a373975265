"""What a call costs more inside a closed breaker, the limit of failures, and a limit of time.

The limit of time is a worker process's own: ending a call for real takes a process to end. So its
figure is that of a whole call there, the way to it and back included.
"""

import tempfile
import timeit
from collections.abc import Callable
from functools import partial
from pathlib import Path

from support.clock import ManualClock
from support.kafka.messages import task
from support.stages.isolated import call, isolated

from headway.around.breaker import Breaker
from headway.around.wrapper import wrapped
from headway.base.errors import StoreUnavailable
from headway.declared.dependency import Dependency
from headway.declared.failurelimit import FailureLimit
from headway.declared.handler import Done, Job
from headway.declared.pipeline import Pipeline
from headway.handling.limiting import Limiting
from headway.outcomes.finished import Finished
from headway.taking.ownership import Ownership
from headway.taking.task import Outcome, Task

CALLS = 200_000
PROCESS_CALLS = 3_000
ROUNDS = 5

_DONE = Done({"rows": 1})
_FINISHED = Finished(b"output", b"state")


def guards(_bootstrap: str) -> float:
    """Print ns a call of each; how many times a bare call takes one inside a closed breaker."""
    stage, ownership, clock = Pipeline.load().stage("p1"), Ownership(), ManualClock()
    store = Dependency("object store", (StoreUnavailable,))
    guarded = wrapped(_handled, [Breaker(stage, store, ownership, clock=clock)])
    limited = Limiting(stage, FailureLimit(), ownership, clock=clock).around(_ended)
    at_work, job = task(), Job("job", 1, "title", {})
    bare = _ns(partial(_handled, at_work, job), CALLS)
    inside = _ns(partial(guarded, at_work, job), CALLS)
    outcome, counted = _ns(partial(_ended, at_work), CALLS), _ns(partial(limited, at_work), CALLS)
    print(f"  bare call                 {bare:9,.0f} ns")
    print(f"  in a closed breaker       {inside:9,.0f} ns, {inside - bare:,.0f} more")
    print(f"  with a limit of failures  {counted:9,.0f} ns, {counted - outcome:,.0f} more")
    timed = _in_a_process()
    print(f"  with a limit of time      {timed:9,.0f} ns, in a worker process")
    return inside / bare


def _in_a_process() -> float:
    with tempfile.TemporaryDirectory() as folder, isolated(Path(folder)) as handler:
        return _ns(partial(call, handler, "ok"), PROCESS_CALLS)


def _ns(timed: Callable[[], object], calls: int) -> float:
    """The best of some rounds: what else the machine does only adds."""
    return min(timeit.repeat(timed, number=calls, repeat=ROUNDS)) / calls * 1e9


def _handled(_task: Task, _job: Job) -> Done:
    return _DONE


def _ended(_task: Task) -> Outcome:
    return _FINISHED
