"""What a rule may do in its lane."""

from typing import Any, Protocol

from scheduler.lane.standing import Standing
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

    @property
    def read_to(self) -> int:
        """The offset of job-state up to which this lane has heard of its jobs."""
        ...

    def item(self, key: str) -> Item | None:
        """What waits under *key*."""
        ...

    def first(self, rule: str) -> Item | None:
        """What of *rule* is due first."""
        ...

    def count(self, rule: str) -> int:
        """How many items of *rule* wait."""
        ...

    def put(self, item: Item) -> None:
        """Let *item* wait, in the place of one with the same key."""
        ...

    def remove(self, key: str) -> None:
        """Let what waits under *key* go, if anything does."""
        ...

    def command(
        self,
        kind: str,
        job_id: str,
        attempt: int,
        *,
        stage: str = "",
        from_stage: str = "",
        state_offset: int = -1,
    ) -> None:
        """Write a command about a job of this lane; equal ones have equal ids.

        *state_offset* is where its end was read, for those about a job that is over.
        """
        ...

    def submit(self, job_id: str, fields: dict[str, Any]) -> None:
        """Submit a job, in whatever lane it falls."""
        ...

    def open_window(self, fields: dict[str, Any]) -> None:
        """Tell a stage of this lane how its window stands."""
        ...

    def standing(self, rule: str) -> Standing:
        """How *rule* stands; whoever changes it says so with `press`, or it is told in a while."""
        ...

    def press(self, rule: str) -> None:
        """Have how *rule* stands told with the next transaction."""
        ...

    def beside(self, item: Item, work: "Work") -> bool:
        """Have *work* done beside the loop, and *item* removed then; False: not now.

        It is put off until then, so whoever takes the lane over does it again. If *work* raises it
        is put off for a minute.
        """
        ...


class Work(Protocol):
    """Something that may block for a minute, and is idempotent."""

    def __call__(self) -> None: ...
