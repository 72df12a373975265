"""What a rule may do in its lane."""

from typing import Protocol

from scheduler.pending.item import Item


class Desk(Protocol):
    """All that is done at it goes into one transaction, with how far the lane is read.

    Used by the loop's thread alone; no call blocks. Nothing is visible before the transaction is
    committed; if it is not, all of the lane is built anew from what is.
    """

    @property
    def lane(self) -> int:
        """The partition."""
        ...

    @property
    def now_ms(self) -> int: ...

    def item(self, key: str) -> Item | None:
        """What waits under *key*."""
        ...

    def put(self, item: Item) -> None:
        """Let *item* wait, in the place of one with the same key."""
        ...

    def remove(self, key: str) -> None:
        """Let what waits under *key* go, if anything does."""
        ...

    def command(
        self, kind: str, job_id: str, attempt: int, *, stage: str = "", from_stage: str = ""
    ) -> None:
        """Write a command about a job of this lane; equal ones have equal ids."""
        ...
