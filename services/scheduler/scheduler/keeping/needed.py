"""Where records lie that jobs still need, by the newest state of each: what is below may go."""

from headway.owning.place import Place
from scheduler.lane.job import Job


class Needed:
    """Is shown all states of a lane in their order.

    In a tier or the held topic a record may be passed over, its offset done, and be asked for by
    its place later; in a dead-letter topic it is what a job that failed is sent back with.
    """

    def __init__(self) -> None:
        self._waits: dict[str, tuple[Place, int]] = {}

    def take(self, job_id: str, job: Job | None) -> None:
        """The job has this newer state; None: it was forgotten."""
        place = None if job is None else _place_of(job)
        if place is None:
            self._waits.pop(job_id, None)
        else:
            self._waits[job_id] = place

    def lowest(self) -> dict[Place, int]:
        """The first offset in each partition that a job needs."""
        found: dict[Place, int] = {}
        for place, offset in self._waits.values():
            found[place] = min(offset, found.get(place, offset))
        return found

    def letters(self, place: Place) -> frozenset[int]:
        """The offsets in one partition that jobs need."""
        return frozenset(offset for where, offset in self._waits.values() if where == place)


def _place_of(job: Job) -> tuple[Place, int] | None:
    told = job.state["waits_at"] or (job.error or {}).get("dead_letter")
    return ((told["topic"], told["partition"]), told["offset"]) if told else None
