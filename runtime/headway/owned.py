"""A partition this instance owns, as the rest of the stage sees it."""

from dataclasses import dataclass

from headway.offsets import OffsetTracker


@dataclass(slots=True, eq=False)
class OwnedPartition:
    """One assigned partition of the source topic.

    `lost` turns true once and for all when the partition goes to somebody else or is read anew;
    whoever holds work of it then drops that work. `seen` maps the jobs ever opened in this
    partition to the offset that opened them; only the first stage has it. While it is `loading`,
    no record of it may be begun.
    """

    index: int
    offsets: OffsetTracker
    seen: dict[str, int] | None = None
    loading: bool = False
    lost: bool = False
    full: bool = False
