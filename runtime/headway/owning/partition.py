"""A partition this instance owns, as the rest of the stage sees it."""

from dataclasses import dataclass, field

from headway.owning.offsets import OffsetTracker


@dataclass(slots=True, eq=False)
class OwnedPartition:
    """One assigned partition of the source topic.

    `lost` turns true once and for all when the partition goes to somebody else or is read anew;
    whoever holds work of it then drops that work. `seen` maps the jobs that are not to be handled
    again to the offset that opened them (see `following.stateread`). `full` is whether it is held
    because the map of its done offsets is.
    """

    index: int
    offsets: OffsetTracker
    seen: dict[str, int] = field(default_factory=dict)
    lost: bool = False
    full: bool = False
