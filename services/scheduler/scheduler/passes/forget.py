"""Jobs that are long over are forgotten, and then what is left of them is removed.

What is to be removed is put down before a stage is told to forget, in one transaction with that:
once the tombstone is there, nothing else tells of it. It waits in the lane like what has a time of
its own until the tombstone was read, and then until all of it is gone, whoever has the lane then.
"""

import json
from collections.abc import Callable
from functools import partial
from typing import Final

from headway.wire.commands import FORGET
from scheduler.keeping.remains import Known, Remains
from scheduler.lane.desk import Desk
from scheduler.lane.job import Job
from scheduler.passes.where import Where
from scheduler.pending.item import Item

#: How long a stage may take to forget before it is looked at again, which changes nothing.
_PATIENCE_MS: Final = 86_400_000


class Forget:
    """Has every job forgotten that *where* takes and whose submission is trimmed."""

    def __init__(
        self, rule: str, where: Where, *, trimmed_below: Callable[[], int], remains: Remains
    ) -> None:
        self._rule = rule
        self._where = where
        self._trimmed_below = trimmed_below
        self._remains = remains

    def matches(self, job: Job, now_ms: int) -> bool:
        """While a submission is kept, its stage would refuse."""
        return (
            self._where.takes(job, now_ms)
            and int(job.state["submitted_offset"]) < self._trimmed_below()
        )

    def act(self, job: Job, desk: Desk) -> None:
        data = json.dumps({"known": _known(job), "gone": False})
        due_at = desk.now_ms + _PATIENCE_MS
        desk.put(Item(due_at, self._key(job.job_id), self._rule, job.attempt, job.stage, data))
        desk.command(FORGET, job.job_id, job.attempt, stage=job.stage, state_offset=job.offset)

    def changed(self, job: Job, desk: Desk) -> None:
        """A further attempt was opened first: nothing is to be forgotten."""
        desk.remove(self._key(job.job_id))

    def gone(self, job_id: str, desk: Desk) -> None:
        """Whoever had it forgotten: what is left of it is removed."""
        key = self._key(job_id)
        item = desk.item(key) or Item(0, key, self._rule)
        known = json.loads(item.data)["known"] if item.data else Known()
        data = json.dumps({"known": known, "gone": True})
        desk.put(item._replace(due_at=desk.now_ms, data=data))

    def due(self, item: Item, desk: Desk) -> None:
        told = json.loads(item.data)
        if not told["gone"]:
            desk.put(item._replace(due_at=desk.now_ms + _PATIENCE_MS))
            return
        files, letter = told["known"]
        known = Known(files, tuple(letter) if letter else None)
        job_id = item.key.partition("/")[2]
        desk.beside(item, partial(self._remains.remove, job_id, known))

    def _key(self, job_id: str) -> str:
        return f"{self._rule}/{job_id}"


def _known(job: Job) -> Known:
    letter = (job.error or {}).get("dead_letter")
    place = (letter["topic"], letter["partition"], letter["offset"]) if letter else None
    return Known([file["key"] for file in job.state["result"]], place)
