"""A walking pass that hears nothing between its walks and lets nothing wait."""

from scheduler.lane.desk import Desk
from scheduler.lane.job import Job
from scheduler.pending.item import Item


class Quiet:
    """Does nothing of what it need not."""

    def changed(self, job: Job, desk: Desk) -> None:
        """As `passes.errand.Walking` has it."""

    def gone(self, job_id: str, desk: Desk) -> None:
        """As `passes.errand.Walking` has it."""

    def due(self, item: Item, desk: Desk) -> None:
        """It has put none."""
        desk.remove(item.key)
