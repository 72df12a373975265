"""What has come about in a lane since it was last handed over to be said."""

from dataclasses import dataclass, field

from headway.wire.route import Record
from scheduler.pending.item import Item


@dataclass(slots=True)
class Changes:
    """Of *lane*; `items` newest by key, None where nothing waits any more.

    `jobs` and `orders` are the offsets behind what was taken; None: nothing was, and once it is cut
    `jobs` is how far the lane had been read. `urgent` is what
    somebody waits for: an effect, or an answer to an order.
    """

    lane: int
    items: dict[str, Item | None] = field(default_factory=dict)
    effects: list[Record] = field(default_factory=list)
    standings: list[Record] = field(default_factory=list)
    jobs: int | None = None
    orders: int | None = None
    urgent: bool = False
    #: When the first of it came about, monotonic s.
    since: float | None = None

    def touch(self, now: float) -> None:
        """Something has come about."""
        if self.since is None:
            self.since = now

    def __len__(self) -> int:
        """How many records there are."""
        return len(self.items) + len(self.effects) + len(self.standings)

    def __bool__(self) -> bool:
        return self.since is not None
