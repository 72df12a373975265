"""All that waits in one lane: by key, and by the time at which it is due."""

from collections import Counter
from collections.abc import Iterable, Iterator
from heapq import heapify, heappop, heappush
from typing import Final, Self

from scheduler.pending.item import Item

#: A heap with more of what is gone than of what waits is made anew, but not one so small.
_SMALL: Final = 64


class Pending:
    """Items of one lane. The due ones of each rule are found without looking at any other."""

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}
        #: By rule. What is gone stays in its heap until it comes to the top.
        self._heaps: dict[str, list[Item]] = {}
        self._counts = Counter[str]()

    @classmethod
    def of(cls, items: Iterable[Item]) -> Self:
        """Of *items*, of which no two have one key."""
        made = cls()
        for item in items:
            made._items[item.key] = item
            made._counts[item.rule] += 1
            made._heaps.setdefault(item.rule, []).append(item)
        for heap in made._heaps.values():
            heapify(heap)
        return made

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items.values())

    def get(self, key: str) -> Item | None:
        return self._items.get(key)

    def count(self, rule: str) -> int:
        """How many items of *rule* wait."""
        return self._counts[rule]

    def put(self, item: Item) -> None:
        """In the place of one with the same key."""
        self.remove(item.key)
        self._items[item.key] = item
        self._counts[item.rule] += 1
        heappush(self._heaps.setdefault(item.rule, []), item)
        self._tidy(item.rule)

    def remove(self, key: str) -> Item | None:
        """What was there, if anything was."""
        item = self._items.pop(key, None)
        if item is not None:
            self._counts[item.rule] -= 1
        return item

    def first(self, rule: str) -> Item | None:
        """The item of *rule* that is due first."""
        heap = self._heaps.get(rule, [])
        while heap and self._items.get(heap[0].key) is not heap[0]:
            heappop(heap)
        return heap[0] if heap else None

    def _tidy(self, rule: str) -> None:
        heap = self._heaps[rule]
        if len(heap) > 2 * self._counts[rule] + _SMALL:
            heap[:] = [item for item in heap if self._items.get(item.key) is item]
            heapify(heap)
