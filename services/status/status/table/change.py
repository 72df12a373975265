"""What the reader tells the event loop after each commit."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from status.table.position import Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The table has moved to `position` by its commit number `sequence`.

    `job_ids` are the jobs that moved; none while the table is built, since nobody watches yet.
    `done` is how many jobs each stage, by its name, got done with, of a table that has caught up.
    `complete` and `caught_up` say what the table may be asked: see `status.table.freshness`.
    """

    position: Position
    sequence: int
    job_ids: tuple[str, ...] = ()
    done: Mapping[str, int] = field(default_factory=dict)
    complete: bool
    caught_up: bool
