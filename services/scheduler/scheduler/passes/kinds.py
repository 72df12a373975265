"""Every kind of pass there is: a further one is a file of this room and a line here.

A kind reads what is declared of it, which may not need a cluster, and gives what makes the pass of
one lane.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import Final, TypeAlias

from headway.declared.pipeline import Pipeline
from headway.edges.objectstore import ObjectStore
from headway.edges.recordreader import read_once
from scheduler.declared.fields import Fields
from scheduler.keeping.beginnings import Beginning
from scheduler.keeping.remains import Remains
from scheduler.passes.errand import Errand, Walking
from scheduler.passes.forget import Forget
from scheduler.passes.given import Given
from scheduler.passes.reprocess import Reprocess
from scheduler.passes.trim import Trim
from scheduler.passes.where import Where

MakeWalking: TypeAlias = Callable[[Given, int], Walking]
MakeErrand: TypeAlias = Callable[[Given, int], Errand]


def _reprocess(fields: Fields, pipeline: Pipeline) -> MakeWalking:
    stages = [stage.name for stage in pipeline.stages]
    from_stage = fields.choice("from", stages, stages[0])
    where = Where.of(fields.inside("where"), pipeline)
    return lambda _, __: Reprocess(where, from_stage)


def _forget(fields: Fields, pipeline: Pipeline) -> MakeWalking:
    rule = fields.text("name")
    where = Where.of(fields.inside("where"), pipeline)
    if where.older_ms <= 0:
        fields.fault("where", "older has to be said: for how long jobs that are over are kept")

    def make(given: Given, lane: int) -> Forget:
        place = given.catalog[pipeline.source].name, lane
        beginning = Beginning(given.options, place, given.clock)
        store = cache(partial(ObjectStore.open, given.settings.object_store_url))
        remains = Remains(store, partial(read_once, given.options))
        return Forget(rule, where, trimmed_below=beginning, remains=remains)

    return make


def _trim(fields: Fields, _: Pipeline) -> MakeErrand:
    keep_ms = fields.duration_ms("keep")
    return lambda given, _: Trim(given, keep_ms)


#: Over jobs, at a pace.
WALKING: Final[dict[str, Callable[[Fields, Pipeline], MakeWalking]]] = {
    "reprocess": _reprocess,
    "forget": _forget,
}
#: One piece of work for a lane.
ERRANDS: Final[dict[str, Callable[[Fields, Pipeline], MakeErrand]]] = {"trim": _trim}
