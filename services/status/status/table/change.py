"""What the reader tells the event loop after each commit."""

from dataclasses import dataclass

from status.table.position import Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The table has moved to `position` by its commit number `sequence`.

    `job_ids` are the jobs that moved; none while the table is built, since nobody watches yet.
    `complete` and `caught_up` say what the table may be asked: see `status.table.freshness`.
    """

    position: Position
    sequence: int
    job_ids: tuple[str, ...] = ()
    complete: bool
    caught_up: bool
