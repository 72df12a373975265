"""Every kind of pass there is: a further one is a file of this room and a line here.

A kind reads what is declared of it, which may not need a cluster, and gives what makes the pass of
one lane.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

from headway.declared.pipeline import Pipeline
from scheduler.declared.fields import Fields
from scheduler.passes.errand import Errand, Walking
from scheduler.passes.given import Given
from scheduler.passes.reprocess import Reprocess
from scheduler.passes.where import Where

MakeWalking: TypeAlias = Callable[[Given, int], Walking]
MakeErrand: TypeAlias = Callable[[Given, int], Errand]


def _reprocess(fields: Fields, pipeline: Pipeline) -> MakeWalking:
    stages = [stage.name for stage in pipeline.stages]
    from_stage = fields.choice("from", stages, stages[0])
    where = Where.of(fields.inside("where"), pipeline)
    return lambda _, __: Reprocess(where, from_stage)


#: Over jobs, at a pace.
WALKING: Final[dict[str, Callable[[Fields, Pipeline], MakeWalking]]] = {"reprocess": _reprocess}
#: One piece of work for a lane.
ERRANDS: Final[dict[str, Callable[[Fields, Pipeline], MakeErrand]]] = {}
