"""What a stage executes beside retries and cancels, put together: by the kind of the command."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from headway.base.clock import Clock
from headway.commands.asking import Asking
from headway.commands.ending import Ending
from headway.commands.forgotten import Forgetting
from headway.commands.reprocessed import Reprocessing, Start
from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline, StageDeclaration
from headway.taking.task import Outcome, Task
from headway.wire.codec import Codec, split_version
from headway.wire.commands import FORGET, REPROCESS, Command
from headway.wire.states import StateRecords

#: What becomes of a command of one kind; raises Lost where the work is not ours any more.
Executing: TypeAlias = Callable[[Task, Command], Outcome]


def executing(
    stage: StageDeclaration,
    pipeline: Pipeline,
    catalog: Catalog,
    codec: Codec,
    *,
    asking: Asking,
    clock: Clock,
) -> Mapping[str, Executing]:
    """What *stage* does of commands that name it as the one that ended the attempt."""
    state = catalog[pipeline.state]
    record, _ = split_version(state.value)
    ending = Ending(stage.name, asking, codec, topic=state.name, record=record, clock=clock)

    def start(met: StageDeclaration) -> Start:
        return Start(
            name=met.name,
            index=met.index,
            source=catalog[met.source].name,
            tier=next((catalog[topic].name for topic in met.retry_topics), ""),
            states=StateRecords(codec, pipeline, record, met),
            own=met == stage,
        )

    starts = {met.name: start(met) for met in pipeline.stages[: stage.index]}
    submissions = catalog[pipeline.source].name
    return {
        REPROCESS: Reprocessing(ending, asking, starts, clock=clock),
        FORGET: Forgetting(ending, asking, submissions=submissions, clock=clock),
    }


def tiers_before(stage: StageDeclaration, pipeline: Pipeline, catalog: Catalog) -> tuple[str, ...]:
    """Topics of stages before *stage* that it may send a job back to, as the cluster calls them."""
    before = pipeline.stages[: stage.index - 1]
    return tuple(catalog[topic].name for met in before for topic in met.retry_topics[:1])
