"""What is put together otherwise where jobs of one order key keep their order."""

from collections.abc import Callable
from functools import partial
from typing import Any

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
from headway.wire.identity import OrderKeys
from headway.wire.metadata import MOST_ANNOUNCED


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
        "at_once": min(2 * settings.concurrency, MOST_ANNOUNCED),
        "ended": ended,
        "count": saying.count,
        "free": lambda task: flow.free(1, task.size_bytes),
    }
    running: dict[str, Any] = {"threads": settings.concurrency, "name": given.name}
    if not given.in_order:
        pool = WorkerPool(handling.run, **running)
        return pool, Deliveries(pool, **delivering)
    ordered = OrderedPool(
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


def _rested(given: Given, saying: Saying, task: Task, resting: Resting) -> None:
    saying.announce(task, resting.state(task, given.records))
    metrics.RECORDS.labels(given.name, resting.label).inc()
