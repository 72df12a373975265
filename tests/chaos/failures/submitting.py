"""Jobs into the pipeline by their plans, as many at a time as others come to rest."""

import threading
import time
from collections.abc import Iterable
from typing import Final

from support.kafka.cluster import Cluster
from support.waiting import DEADLINE_SECONDS, wait_until

from chaos.failures.desk import Desk
from chaos.failures.driver import Driver
from chaos.failures.plan import Plan, When

BATCH: Final = 20
#: Submitted and not at rest, at most: work, waits and commands then flow beside each other.
_UNDER_WAY: Final = 400


class Submissions:
    """Submits; `made` has the plans of all that were."""

    def __init__(self, cluster: Cluster, driver: Driver, desk: Desk) -> None:
        self.made: list[Plan] = []
        self._cluster = cluster
        self._driver = driver
        self._desk = desk

    def start(self, plans: list[Plan], seconds: float) -> threading.Thread:
        """In a thread of its own; none is submitted after so many seconds."""
        thread = threading.Thread(target=self._submit_all, args=(plans, seconds), daemon=True)
        thread.start()
        return thread

    def submit(self, plans: Iterable[Plan]) -> None:
        """At once, with the commands that come before a job or with it; they are acknowledged."""
        plans = list(plans)
        self.made += plans
        self._driver.follow(plans)
        for plan in plans:
            self._driver.begin(plan, When.BEFORE)
        self._desk.flush()
        for plan in plans:
            value = self._cluster.submission(plan.job_id, title=plan.title)
            for _ in range(1 + plan.twice):
                self._cluster.produce("jobs.submitted", key=plan.job_id.encode(), value=value)
            self._driver.begin(plan, When.SUBMITTED)
        self._cluster.flush()

    def _submit_all(self, plans: list[Plan], seconds: float) -> None:
        end = time.monotonic() + seconds
        for start in range(0, len(plans), BATCH):
            wait_until(
                lambda start=start: start - self._driver.ended() < _UNDER_WAY,  # type: ignore[misc]  # bound now
                seconds=DEADLINE_SECONDS + len(plans),
                pause_seconds=0.2,
            )
            if time.monotonic() > end:
                return
            self.submit(plans[start : start + BATCH])
