"""What becomes of the tasks of one stage instance: its rules, put together."""

from collections.abc import Sequence

from headway.commands.asking import Asking
from headway.commands.rule import Commands
from headway.declared.failurelimit import FailureLimit
from headway.edges.objectstore import ObjectStore
from headway.edges.recordreader import RecordReader
from headway.following.windows import Windows
from headway.handling.usual import Handling, usual
from headway.holding.readahead import ReadAhead
from headway.holding.released import Releasing
from headway.holding.rule import Holding
from headway.outcomes.claims import Claims
from headway.outcomes.rule import Rule
from headway.running.given import Given
from headway.taking.ownership import Ownership


def handling_of(given: Given, rules: Sequence[Rule], windows: Windows) -> Handling:
    """The usual way of *given* with a task; *rules* are asked last before the usual ones."""
    claims = Claims(given.name, lambda: ObjectStore.open(given.settings.object_store_url))
    ownership, reader, clock = Ownership(), ReadAhead(given.options), given.clock
    releasing = Releasing(given.records, reader, ownership, clock=clock, traces=given.traces)
    holding = Holding(
        given.declared.window,
        windows,
        given.records,
        ownership,
        clock=clock,
        in_order=given.in_order,
    )
    return usual(
        given.stage,
        given.declared,
        given.records,
        claims=claims,
        backoff=given.backoff,
        clock=clock,
        rules=(releasing, _commands(given, reader, ownership), holding, *rules),
        ownership=ownership,
        limit=FailureLimit.of(given.settings),
        in_order=given.in_order,
        traced=given.spans is not None,
    )


def _commands(given: Given, ahead: ReadAhead, ownership: Ownership) -> Commands:
    asking = Asking(RecordReader(given.options), ahead, ownership)
    return Commands(
        given.declared,
        given.records,
        topics=(*given.parking, given.catalog[given.declared.held].name),
        backoff=given.backoff,
        most_redrives=given.settings.max_redrives,
        asking=asking,
        ownership=ownership,
        clock=given.clock,
        executing=given.executing(asking),
    )
