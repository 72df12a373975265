"""The usual way of a stage with a task: what lies around the handler, and which outcomes there are.

A new wrapper or a new outcome is a file of its own room, and a line here.
"""

from collections.abc import Sequence
from typing import Any

from headway.around import tracing
from headway.around.breaker import Breaker
from headway.around.guard import Guard
from headway.around.repeats import Repeats
from headway.around.timing import Timing
from headway.around.wrapper import Ended, Wrapper, wrapped
from headway.base.clock import Clock
from headway.commands.cancelled import Cancelling
from headway.declared.backoff import NEVER, Backoff
from headway.declared.failurelimit import UNLIMITED, FailureLimit
from headway.declared.handler import Done, Job
from headway.declared.pipeline import StageDeclaration
from headway.declared.stage import Stage
from headway.handling.context import TaskContext
from headway.handling.execution import Execution
from headway.handling.limiting import Limiting
from headway.outcomes.claims import Claims
from headway.outcomes.dropped import Dropping
from headway.outcomes.duplicate import Duplicates
from headway.outcomes.failed import Failing
from headway.outcomes.finished import Finishing
from headway.outcomes.later import LaterTries
from headway.outcomes.postponed import Postponing
from headway.outcomes.resting import RestingInOrder
from headway.outcomes.rule import Rule
from headway.taking.ownership import Ownership
from headway.taking.task import Task
from headway.wire.records import StageRecords


class Handling:
    """What workers do with tasks, and what the loop needs to know of it."""

    def __init__(
        self,
        execution: Execution,
        ownership: Ownership,
        failing: Failing,
        rules: Sequence[Rule],
        *,
        limiting: Limiting,
        repeats: Repeats,
        breakers: Sequence[Breaker],
    ) -> None:
        #: What became of a task; for workers, never raises.
        self.run = limiting.around(execution.run)
        #: The parts of it that handing over many jobs at once is made of.
        self.execution, self.ownership = execution, ownership
        self.repeats, self.breakers, self.limiting = repeats, breakers, limiting
        #: What may hold the whole stage back.
        self.guards: Sequence[Guard] = (*breakers, limiting)
        #: Set, nothing more is begun and pauses end: the process is to end.
        self.stopping = ownership.stopping
        #: Gives a task up because the cluster does not take what there is to say of it.
        self.refuse = failing.refuse
        #: How outcomes are counted.
        self.labels = [label for rule in rules for label in (rule.label, *rule.also)]


def usual(
    stage: Stage,
    declaration: StageDeclaration,
    records: StageRecords,
    *,
    claims: Claims,
    clock: Clock,
    backoff: Backoff = NEVER,
    rules: Sequence[Rule] = (),
    wrappers: Sequence[Wrapper] = (),
    ownership: Ownership | None = None,
    limit: FailureLimit = UNLIMITED,
    in_order: bool = False,
    traced: bool = False,
) -> Handling:
    """How *stage* treats a task; *rules* are asked before, *wrappers* lie outside of its own."""
    ownership = ownership or Ownership()
    failing = Failing(records, claims, ownership, clock=clock)
    asked = (
        Dropping(ownership),
        Duplicates(),
        Cancelling(declaration.label, clock=clock),
        *rules,
        Finishing(records, clock=clock),
        *_later(LaterTries(records, backoff, clock=clock), in_order=in_order),
        failing,
    )
    breakers = [Breaker(declaration, d, ownership, clock=clock) for d in stage.dependencies]
    repeats, timing = Repeats(stage.name, stage.retry, ownership), Timing(stage.name, clock=clock)
    # Breakers are inside of what counts calls: one that waits is none, and is made again there.
    around = _traced((*wrappers, repeats, *breakers, timing), traced=traced)

    def handle(task: Task, job: Job) -> Done | Ended:
        return stage.handler(job, TaskContext(task, job, declaration))

    call, certain = wrapped(handle, around), failing.certain
    execution = Execution(call, records, asked, last_resort=certain, clock=clock)
    limiting = Limiting(declaration, limit, ownership, clock=clock)
    holding: dict[str, Any] = {"limiting": limiting, "repeats": repeats, "breakers": breakers}
    return Handling(execution, ownership, failing, asked, **holding)


def _traced(wrappers: Sequence[Wrapper], *, traced: bool) -> Sequence[Wrapper]:
    """*wrappers*, with what tells of their calls outside of all and inside of all."""
    return (tracing.process, *wrappers, tracing.each) if traced else wrappers


def _later(later: LaterTries, *, in_order: bool) -> Sequence[Rule]:
    """Whoever puts off what may pass; *in_order*: where it is, if it has an order key."""
    tiers = Postponing(later)
    return (RestingInOrder(later), tiers) if in_order else (tiers,)
