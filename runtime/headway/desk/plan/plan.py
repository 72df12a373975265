"""A plan: what a load is given, what is full first, and what time it takes."""

from argparse import Namespace
from dataclasses import dataclass

from headway.desk.plan.arguments import load_of
from headway.planning.goal import Goal, floor, towards
from headway.planning.limits import Limit, limits
from headway.planning.load import Load
from headway.planning.simulation import Simulated, simulate
from headway.planning.sizing import sized


@dataclass(frozen=True, slots=True)
class Plan:
    """`told` is None where the load is more than there is: queues grow for ever, no time holds."""

    load: Load
    limits: list[Limit]
    told: Simulated | None
    goal: Goal | None
    #: The least time of the goal's share of the jobs, however much there is.
    least: float

    @property
    def first(self) -> Limit:
        """What is full first."""
        return self.limits[0]

    @property
    def kept(self) -> bool:
        """Whether the load is carried, and in time."""
        if self.told is None:
            return False
        return self.goal is None or self.told.whole.share(self.goal.share) <= self.goal.seconds


def plan_of(chosen: Namespace) -> Plan:
    """What was asked.

    Raises:
        CannotRun, NotPossible: there is no plan; says why.
    """
    given = load_of(chosen)
    goal: Goal | None = chosen.latency_goal
    load = sized(given)
    if goal is not None and limits(load)[0].busy < 1:
        load = towards(load, given, goal, chosen.seed)
    full = limits(load)
    told = simulate(load, number=chosen.jobs, seed=chosen.seed) if full[0].busy < 1 else None
    least = floor(load, chosen.seed).whole.share(goal.share) if goal else 0.0
    return Plan(load, full, told, goal, least)
