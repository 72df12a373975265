"""What a pass may need that is made for a lane."""

from dataclasses import dataclass

from headway.base.clock import Clock
from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.edges import kafka
from headway.wire.codec import Codec
from scheduler.passes.chunk import Walker
from scheduler.settings import SchedulerSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The deployment, and who reads jobs for walks."""

    settings: SchedulerSettings
    options: kafka.Options
    catalog: Catalog
    pipeline: Pipeline
    codec: Codec
    walker: Walker
    clock: Clock
