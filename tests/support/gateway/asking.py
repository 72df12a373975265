"""The routes by which something is asked for, over memory."""

import uuid
from typing import Any

from support.clock import ManualClock
from support.gateway.memory import FakePublisher
from support.gateway.status import FakeStatus

from gateway.admitting.idempotency import Claims
from gateway.commanding.bulk import Bulk
from gateway.commanding.commander import Commander
from gateway.commanding.routes import CommandRoutes
from gateway.scheduling.asker import Asker
from gateway.scheduling.routes import ScheduleRoutes
from headway.edges.objectstore import ObjectStore
from headway.observing.health import Health
from headway.wire.codec import Codec
from headway.wire.commands import CommandRecords


def command_routes(
    store: ObjectStore,
    publisher: FakePublisher,
    status: FakeStatus,
    clock: ManualClock,
    codec: Codec,
    health: Health,
) -> CommandRoutes:
    """What is asked of jobs."""
    common: dict[str, Any] = {"publisher": publisher, "status": status, "failed": "FAILED"}
    commander = Commander(
        **common,
        claims=Claims(store, clock=clock, claim_seconds=60),
        records=CommandRecords(codec),
        new_id=_new_id,
        scheduled="SCHEDULED",
        status_url="http://status",
    )
    bulk = Bulk(**common, records=CommandRecords(codec))
    return CommandRoutes(commander=commander, bulk=bulk, health=health, stages=("p1", "p2"))


def schedule_routes(
    store: ObjectStore,
    publisher: FakePublisher,
    status: FakeStatus,
    clock: ManualClock,
    codec: Codec,
    health: Health,
) -> ScheduleRoutes:
    """What is asked of schedules, which have three lanes."""
    asker = Asker(
        publisher=publisher,
        status=status,
        claims=Claims(store, clock=clock, claim_seconds=60),
        codec=codec,
        clock=clock,
        new_id=_new_id,
        partitions=3,
        status_url="http://status",
    )
    return ScheduleRoutes(asker=asker, health=health)


def _new_id() -> str:
    return str(uuid.uuid4())
