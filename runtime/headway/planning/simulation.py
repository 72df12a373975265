"""A load on what is to carry it, job by job: what time it takes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from headway.planning.brokers import Brokers
from headway.planning.events import Events
from headway.planning.instance import Instance
from headway.planning.jobs import Job, jobs
from headway.planning.load import Load, StageLoad

#: Enough that the slowest hundredth is some hundred jobs, few enough for a second or two.
JOBS: Final = 40_000
#: The queues fill first: what comes before is not counted.
_WARM_UP: Final = 0.2


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds, sorted."""

    seconds: Sequence[float]

    def share(self, share: float) -> float:
        """What that share of the jobs took at most."""
        return self.seconds[min(int(share * len(self.seconds)), len(self.seconds) - 1)]

    @property
    def mean(self) -> float:
        return sum(self.seconds) / len(self.seconds)


@dataclass(frozen=True, slots=True)
class Simulated:
    """What came of it; `stages` are the times from the word of the stage before to its own.

    `frames` are those of a second, `busy` the shares of their time that handlers of the busiest
    instance were at work, by stage, and `brokers` that of the brokers.
    """

    jobs: int
    seconds: float
    whole: Times
    stages: tuple[Times, ...]
    busy: tuple[float, ...]
    frames: float
    brokers: float
    rate: float


def simulate(load: Load, *, number: int = JOBS, seed: int = 1) -> Simulated:
    """Let so many jobs come and all of them end; of one seed always the same."""
    return carried(load, list(jobs(load, number, seed)), seed)


def carried(load: Load, coming: list[Job], seed: int = 1) -> Simulated:
    """Let these very jobs come, in the order of their times, and all of them end."""
    events = Events()
    brokers = Brokers(events, load.costs, load.brokers, seed)
    ended: list[Job] = []
    rows = _rows(load, events, brokers, ended.append)
    for job in coming:
        events.after(job.at, rows[0][load.owner(0, job.partition)].come, job)
    events.run()
    return _told(load, coming, events.now, brokers, rows)


def _rows(
    load: Load, events: Events, brokers: Brokers, end: Callable[[Job], None]
) -> list[list[Instance]]:
    """The instances of every stage; partition i is that of instance i by their number."""
    rows: list[list[Instance]] = []
    for index, stage in reversed(list(enumerate(load.stages))):
        after = partial(_hand_on, events, load, index + 1, rows[0] if rows else None, end)
        row = [
            Instance(
                events,
                brokers,
                load.costs,
                index=index,
                servers=stage.servers,
                slow=_slow(stage),
                hand_on=after,
            )
            for _ in range(stage.replicas)
        ]
        rows.insert(0, row)
    return rows


def _slow(stage: StageLoad) -> float:
    return 1 / stage.cores if 0 < stage.cores < 1 else 1.0


def _hand_on(
    events: Events,
    load: Load,
    index: int,
    row: list[Instance] | None,
    end: Callable[[Job], None],
    job: Job,
) -> None:
    """Give *job* to stage number *index*, if there is one."""
    job.done.append(events.now + load.costs.hop)
    if row is None:
        end(job)
    else:
        row[load.owner(index, job.partition)].come(job)


def _told(
    load: Load, coming: list[Job], end: float, brokers: Brokers, rows: list[list[Instance]]
) -> Simulated:
    counted = coming[int(len(coming) * _WARM_UP) :]
    last = coming[-1].at
    stages = [
        sorted(job.done[index] - (job.done[index - 1] if index else job.at) for job in counted)
        for index in range(len(load.stages))
    ]
    return Simulated(
        jobs=len(counted),
        seconds=last,
        whole=Times(sorted(job.done[-1] - job.at for job in counted)),
        stages=tuple(Times(seconds) for seconds in stages),
        busy=tuple(
            max(instance.busy for instance in row) / stage.servers / end
            for row, stage in zip(rows, load.stages, strict=True)
        ),
        frames=brokers.frames / end,
        brokers=brokers.work / load.brokers / end,
        rate=len(coming) / end,
    )
