"""One partition: records and the markers of transactions, each at an offset of its own."""

from dataclasses import dataclass, field
from enum import Enum, auto

from support.fake_kafka.record import Record

Place = tuple[str, int]


class Fate(Enum):
    """What has become of a transaction."""

    OPEN = auto()
    COMMITTED = auto()
    ABORTED = auto()


@dataclass(slots=True, eq=False)
class Transaction:
    """What one producer says between begin and commit or abort."""

    fate: Fate = Fate.OPEN
    places: set[Place] = field(default_factory=set)
    offsets: dict[tuple[str, Place], tuple[int, str]] = field(default_factory=dict)


@dataclass(slots=True)
class Entry:
    """One offset of a partition: a record, or the marker (no record) that ends a transaction."""

    record: Record | None
    transaction: Transaction | None = None


@dataclass(slots=True)
class PartitionLog:
    """The offsets from `first` on; `begun` is where transactions that may be open began."""

    first: int = 0
    entries: list[Entry] = field(default_factory=list)
    begun: dict[Transaction, int] = field(default_factory=dict)

    @property
    def end(self) -> int:
        """The high watermark: the offset the next record gets."""
        return self.first + len(self.entries)

    @property
    def stable_end(self) -> int:
        """The last stable offset: the first one of a transaction that is still open."""
        for transaction in [t for t in self.begun if t.fate is not Fate.OPEN]:
            del self.begun[transaction]
        return min(self.begun.values(), default=self.end)

    def append(self, entry: Entry) -> int:
        """The offset *entry* got."""
        if entry.transaction is not None and entry.transaction.fate is Fate.OPEN:
            self.begun.setdefault(entry.transaction, self.end)
        self.entries.append(entry)
        return self.end - 1

    def visible_end(self, *, committed_only: bool) -> int:
        return self.stable_end if committed_only else self.end

    def next_visible(self, start: int, *, committed_only: bool) -> tuple[int, Record | None]:
        """The first record to be seen from *start* on, or where the search ended, and None."""
        end = self.visible_end(committed_only=committed_only)
        for offset in range(start, end):
            entry = self.entries[offset - self.first]
            aborted = entry.transaction is not None and entry.transaction.fate is Fate.ABORTED
            if entry.record is not None and not (committed_only and aborted):
                return offset, entry.record
        return max(start, end), None

    def since(self, moment_ms: int) -> int:
        """The offset of the first record of *moment_ms* or later; -1 if there is none."""
        for offset, entry in enumerate(self.entries, self.first):
            if entry.record is not None and entry.record.timestamp_ms >= moment_ms:
                return offset
        return -1

    def truncate(self, end: int) -> None:
        """Lose the records from *end* on, as an unclean election does."""
        del self.entries[max(end - self.first, 0) :]

    def forget_below(self, first: int) -> None:
        """Delete the records below *first*, as retention does; those deleted before stay so."""
        del self.entries[: max(first - self.first, 0)]
        self.first = max(first, self.first)
