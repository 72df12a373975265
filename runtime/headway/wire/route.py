"""Where a stage writes: a record on its way out, and the names that records are sent to."""

from dataclasses import dataclass
from typing import NamedTuple

from headway.edges.kafka import Headers
from headway.wire.commands import CommandRecords
from headway.wire.records import StageRecords


class Record(NamedTuple):
    """One record of a frame."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: Headers | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Who speaks: for headers and for the states of failed jobs."""

    stage: str
    group: str


@dataclass(frozen=True, slots=True)
class Route:
    """Names on the cluster a stage writes to, and the records that it writes there."""

    sink: str
    state: str
    dead_letters: str
    tiers: tuple[str, ...]
    held: str
    results: str
    origin: Origin
    records: StageRecords
    commands: CommandRecords
