"""One simulated instance of a stage: its queue, its handlers, and one frame at a time."""

from collections import deque
from collections.abc import Callable
from random import Random

from headway.planning.brokers import Brokers
from headway.planning.costs import Costs
from headway.planning.events import Events
from headway.planning.jobs import Job

_RECORDS_OF_A_JOB = 2


class Instance:
    """Does what an instance of stage number *index* does; *hand_on* gets what it has said."""

    def __init__(
        self,
        events: Events,
        brokers: Brokers,
        costs: Costs,
        *,
        index: int,
        servers: int,
        slow: float,
        hand_on: Callable[[Job], None],
    ) -> None:
        """Each job takes *slow* times its time: less than a core makes everything longer."""
        self._events, self._brokers, self._costs = events, brokers, costs
        self._index, self._free, self._servers, self._slow = index, servers, servers, slow
        self._hand_on = hand_on
        self._queue: deque[Job] = deque()
        self._ended: list[Job] = []
        self._begun = 0
        self._saying = False
        self._random = Random(index)  # noqa: S311 - no secret
        self.busy = 0.0

    def come(self, job: Job) -> None:
        """A record for it is written: it is seen after a hop, and taken at the next turn."""
        at_work = self._free < self._servers or self._saying
        wait = self._random.random() * self._costs.turn if at_work else 0.0
        self._events.after(self._costs.hop + wait, self._take, job)

    def _take(self, job: Job) -> None:
        if self._free:
            self._begin(job)
        else:
            self._queue.append(job)

    def _begin(self, job: Job) -> None:
        self._free -= 1
        seconds = job.works[self._index] * self._slow
        self.busy += seconds
        self._events.after(seconds, self._end, job)
        if seconds > self._costs.linger:
            self._events.after(self._costs.linger, self._announce, job)

    def _announce(self, _: Job) -> None:
        self._begun += 1
        self._say()

    def _end(self, job: Job) -> None:
        self._free += 1
        if self._queue:
            self._begin(self._queue.popleft())
        self._ended.append(job)
        self._say()

    def _say(self) -> None:
        """All there is to say in one frame, unless one is under way: then in the next."""
        if self._saying or not (self._ended or self._begun):
            return
        self._saying = True
        ended, self._ended = self._ended, []
        records = _RECORDS_OF_A_JOB * len(ended) + self._begun
        self._begun = 0
        self._brokers.say(records, len(ended), self._said, ended)

    def _said(self, ended: list[Job]) -> None:
        self._saying = False
        for job in ended:
            self._hand_on(job)
        self._say()
