"""What is put together otherwise where jobs keep an order, or are handed over together."""

from collections.abc import Callable
from functools import partial
from typing import Any

from headway.base.errors import SettingsError
from headway.batching.collecting import Collected
from headway.batching.pool import BatchPool, OrderedBatchPool
from headway.batching.usual import together
from headway.declared.handler import ManyHandler
from headway.handling.orderedpool import REASON, OrderedPool
from headway.handling.pool import WorkerPool
from headway.handling.usual import Handling
from headway.observing import metrics
from headway.outcomes.resting import Resting
from headway.owning.flow import Flow
from headway.running.given import Given
from headway.saying.sayer import Saying
from headway.taking.deliveries import Deliveries
from headway.taking.inorder import DeliveriesInOrder
from headway.taking.task import Task
from headway.taking.turns import Turns
from headway.wire.codec import split_version
from headway.wire.commands import releases
from headway.wire.identity import OrderKeys
from headway.wire.metadata import MOST_ANNOUNCED
from headway.workers.processes import InProcesses


def work(
    given: Given,
    handling: Handling,
    flow: Flow,
    saying: Saying,
    ended: Callable[[str], bool | None],
) -> tuple[WorkerPool, Deliveries]:
    """The pool, and what stands before it; *ended* says whether the process of a life has."""
    settings, turns = given.settings, Turns()
    delivering: dict[str, Any] = {
        "most": settings.max_deliveries,
        "careful_records": settings.buffer_records,
        "at_once": min(max(2 * settings.concurrency, _joining(given)), MOST_ANNOUNCED),
        "ended": ended,
        "count": saying.count,
        "free": lambda task: flow.free(1, task.size_bytes),
    }
    running: dict[str, Any] = {"threads": settings.concurrency, "name": given.name}
    handle_many = given.stage.handle_many
    if handle_many is not None:
        running |= _together(given, handling, handle_many, flow)
    if not given.in_order:
        pool = (BatchPool if handle_many else WorkerPool)(handling.run, **running)
        return pool, Deliveries(pool, **delivering)
    ordered = (OrderedBatchPool if handle_many else OrderedPool)(
        handling.run,
        turns=turns,
        rested=partial(_rested, given, saying),
        crowded=flow.reason(REASON),
        # Half of the buffer is left to whatever has not to wait.
        most=max(1, settings.buffer_records // 2),
        most_bytes=max(1, settings.buffer_bytes // 2),
        clock=given.clock,
        **running,
    )
    source = split_version(given.catalog[given.declared.source].value)[0]
    order_key = OrderKeys(given.codec, source).of
    deliveries = DeliveriesInOrder(ordered, turns=turns, order_key=order_key, **delivering)
    ordered.on_hold = deliveries.excuse
    return ordered, deliveries


def _joining(given: Given) -> int:
    """How many jobs a call may have."""
    return given.stage.batch.size if given.stage.handle_many else 1


def _together(
    given: Given, handling: Handling, handle_many: ManyHandler, flow: Flow
) -> dict[str, Any]:
    """What a pool is told that hands jobs over together.

    Raises:
        SettingsError: the stage's handler runs in worker processes, and none of those is for many.
    """
    if isinstance(given.stage.handler, InProcesses):
        raise SettingsError(
            f"stage {given.name}: handle_many is called by threads of the stage, and its handler "
            "in worker processes; give the handler as a function as well, or leave handle_many out"
        )
    batch = given.stage.batch

    def joins(task: Task) -> bool:
        partition, command = task.partition, task.command
        if partition.holds or not batch.all:
            return partition.holds
        # A command that lets a held job go stands for that job.
        return not partition.orders or (command is not None and releases(command, given.name))

    return {
        "many": together(
            handle_many,
            given.stage,
            given.declared,
            handling,
            clock=given.clock,
            traced=given.spans is not None,
        ),
        "joins": joins,
        "collected": Collected(batch, clock=given.clock),
        "full": lambda: not flow.room,
        "stopping": handling.stopping,
    }


def _rested(given: Given, saying: Saying, task: Task, resting: Resting) -> None:
    saying.announce(task, resting.state(task, given.records))
    metrics.RECORDS.labels(given.name, resting.label).inc()
