"""A load, and what there is to carry it. Pure."""

from dataclasses import dataclass, field, replace

from headway.planning.costs import Costs


@dataclass(frozen=True, slots=True)
class StageLoad:
    """One stage: how long its handler takes (s), and what an instance of it has.

    `cv` is the spread of the handler's times, their standard deviation by their mean: 0 is always
    the same. `cores` are what an instance has if its handlers compute, 0 if they wait.
    """

    name: str
    mean: float
    cv: float = 1.0
    concurrency: int = 8
    cores: float = 0.0
    replicas: int = 0

    @property
    def servers(self) -> int:
        """Handlers of one instance that get on at once."""
        return max(1, min(self.concurrency, int(self.cores))) if self.cores else self.concurrency

    @property
    def capacity(self) -> float:
        """Jobs a second that one instance can do, ever busy."""
        if self.cores and self.cores < 1:
            return self.cores / self.mean
        return self.servers / self.mean

    def busiest(self, rate: float, partitions: int) -> float:
        """How busy the instance with the most partitions is; from 1 on its queue grows for ever."""
        most = -(-partitions // self.replicas)
        return rate * most / partitions / self.capacity


@dataclass(frozen=True, slots=True)
class Load:
    """Jobs a second, and what carries them; `burst` of them are submitted at once."""

    rate: float
    stages: tuple[StageLoad, ...]
    partitions: int = 0
    brokers: int = 0
    burst: int = 1
    #: The number of the instance that has each partition, by stage; empty: dealt out in turn.
    owners: tuple[tuple[int, ...], ...] = ()
    costs: Costs = field(default_factory=Costs)

    def owner(self, index: int, partition: int) -> int:
        """The number of the instance of stage number *index* that has a partition."""
        if self.owners:
            return self.owners[index][partition]
        return partition % self.stages[index].replicas

    def with_stage(self, changed: StageLoad) -> "Load":
        """The same with another stage of that name."""
        stages = tuple(changed if stage.name == changed.name else stage for stage in self.stages)
        return replace(self, stages=stages)
