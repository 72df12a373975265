"""What blocks, done beside the loop by a few threads."""

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from scheduler.lane.desk import Desk, Work
from scheduler.passes.errand import Done, Errand
from scheduler.pending.item import Item

logger = logging.getLogger(__name__)

#: Most of it waits for answers of the object store.
_THREADS: Final = 8
#: Pieces of work under way at once, in all lanes.
_MOST: Final = 1024
#: What is under way is put off by so long: an heir of the lane does it again then.
_LEASE_MS: Final = 600_000
_AGAIN_MS: Final = 60_000
#: Each time that it is put off is a record; by then there is room for some hundred more at least.
_CROWDED_MS: Final = 15_000


class Beside:
    """For the loop's thread."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="beside")
        self._under_way: dict[tuple[int, str], tuple[Item, Future[None]]] = {}

    def submit(self, errand: Errand, lane: int, *, dry: bool) -> Future[Done]:
        """Have *errand* run."""
        return self._threads.submit(errand.run, lane, dry=dry)

    def begin(self, desk: Desk, item: Item, work: Work) -> bool:
        """As `scheduler.lane.desk.Desk.beside` has it."""
        crowded = len(self._under_way) >= _MOST
        put_off = _CROWDED_MS if crowded else _LEASE_MS
        leased = item._replace(due_at=desk.now_ms + put_off)
        desk.put(leased)
        if crowded:
            return False
        self._under_way[desk.lane, item.key] = leased, self._threads.submit(work)
        return True

    def finish(self, desk: Desk) -> None:
        """What has ended in the lane of *desk* waits no more; what failed waits a minute."""
        for place in [place for place in self._under_way if place[0] == desk.lane]:
            item, future = self._under_way[place]
            if not future.done():
                continue
            del self._under_way[place]
            error = future.exception()
            if desk.item(item.key) is not item:
                continue
            if error is None:
                desk.remove(item.key)
            else:
                told = {"rule": item.rule, "key": item.key, "error": repr(error)}
                logger.warning("beside.failed", extra=told)
                desk.put(item._replace(due_at=desk.now_ms + _AGAIN_MS))

    def forget(self, lane: int) -> None:
        """Nobody waits for what is under way in *lane*."""
        for place in [place for place in self._under_way if place[0] == lane]:
            del self._under_way[place]

    def close(self) -> None:
        """Begin nothing more; waits for nothing."""
        self._threads.shutdown(wait=False, cancel_futures=True)
