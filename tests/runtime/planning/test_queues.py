"""The simulation against what queueing theory knows, and against another simulator."""

from bisect import bisect
from collections.abc import Callable, Generator
from statistics import mean

import pytest
import simpy

from headway.planning.brokers import Brokers
from headway.planning.costs import FREE, Costs
from headway.planning.events import Events
from headway.planning.instance import Instance
from headway.planning.jobs import Job, jobs
from headway.planning.load import Load, StageLoad
from headway.planning.simulation import simulate


def _load(rate: float, *stages: StageLoad, partitions: int = 1, costs: Costs = FREE) -> Load:
    return Load(rate=rate, stages=stages, partitions=partitions, brokers=1, costs=costs)


def _one(mean: float, *, cv: float = 1.0, concurrency: int = 1, replicas: int = 1) -> StageLoad:
    return StageLoad("p1", mean, cv=cv, concurrency=concurrency, replicas=replicas)


@pytest.mark.parametrize("busy", [0.3, 0.5, 0.7])
@pytest.mark.parametrize("cv", [0.0, 0.5, 1.0])
def test_the_mean_time_is_that_of_pollaczek_and_khinchine(busy: float, cv: float) -> None:
    """One handler, jobs of users who know nothing of each other: M/G/1."""
    # Given one instance of one handler that takes a second
    load = _load(busy, _one(1.0, cv=cv))

    # When many jobs come to it
    told = simulate(load, number=60_000, seed=3)

    # Then they take what theory says
    expected = 1 + busy * (1 + cv**2) / (2 * (1 - busy))
    assert told.whole.mean == pytest.approx(expected, rel=0.08)
    assert told.busy[0] == pytest.approx(busy, rel=0.03)


def test_jobs_that_come_in_step_with_their_handler_never_wait() -> None:
    """D/D/1: each takes as long as it is until the next one, and none queues."""
    # Given an instance with one handler, and a job a second that takes a second
    events, ended = Events(), list[float]()
    instance = _instance(events, FREE, lambda job: ended.append(events.now - job.at), servers=1)
    for second in range(100):
        events.after(second, instance.come, Job("k", second, 0, (1.0,)))

    # When time goes on, then each has taken its second, and the handler was never idle
    events.run()
    assert ended == [1.0] * 100
    assert instance.busy == events.now


def test_as_many_jobs_are_there_as_come_in_the_time_of_one() -> None:
    """Little's law, counted at moments that have nothing to do with any job."""
    # Given an instance whose frames, turns and brokers take their time
    costs, load = Costs(), _load(15, _one(0.1, concurrency=2))
    events, ended = Events(), list[Job]()
    times = list[float]()

    def end(job: Job) -> None:
        ended.append(job)
        times.append(events.now - job.at)

    instance = _instance(events, costs, end, servers=2)
    coming = list(jobs(load, 15_000, seed=9))
    for job in coming:
        events.after(job.at, instance.come, job)
    last = coming[-1].at

    # When it is counted how many jobs have come and not ended, again and again
    there = list[int]()

    def count(_: object) -> None:
        came = bisect(coming, events.now, key=lambda job: job.at)
        there.append(came - len(ended))

    for moment in range(1, int(last)):
        events.after(moment, count, None)
    events.run()

    # Then on average they are as many as come in the time that one takes
    assert mean(there) == pytest.approx(len(coming) / last * mean(times), rel=0.08)


@pytest.mark.parametrize("concurrency", [1, 3, 8])
def test_another_simulator_comes_to_the_same_times(concurrency: int) -> None:
    """The same jobs through simpy's resources: to the last digits."""
    # Given a load of one stage whose handlers are nearly all busy
    load = _load(0.9 * concurrency, _one(1.0, concurrency=concurrency))
    given = list(jobs(load, 5000, seed=7))

    # When both do it
    ours = simulate(load, number=5000, seed=7)
    theirs = sorted(_by_simpy(given, concurrency)[1000:])

    # Then they agree about every job that is counted
    assert list(ours.whole.seconds) == pytest.approx(theirs)


def test_partitions_of_one_instance_share_its_handlers() -> None:
    """Six partitions on four instances: two have twice the work, and their jobs wait."""
    # Given handlers that would be 60 % busy were the partitions even
    uneven = _load(2.4, _one(1.0, replicas=4), partitions=6)
    even = _load(2.4, _one(1.0, replicas=4), partitions=8)

    # When both are simulated, then the busiest of the uneven has a third of all the jobs
    told, other = (simulate(load, number=20_000) for load in (uneven, even))
    assert told.busy[0] == pytest.approx(0.8, rel=0.05)
    assert other.busy[0] == pytest.approx(0.6, rel=0.05)
    assert told.whole.share(0.95) > 1.3 * other.whole.share(0.95)


def _instance(
    events: Events, costs: Costs, hand_on: Callable[[Job], None], *, servers: int
) -> Instance:
    brokers = Brokers(events, costs, 1, 1)
    return Instance(events, brokers, costs, index=0, servers=servers, slow=1.0, hand_on=hand_on)


def _by_simpy(given: list[Job], servers: int) -> list[float]:
    """How long each job takes with so many servers."""
    env = simpy.Environment()
    desk = simpy.Resource(env, capacity=servers)
    times: dict[str, float] = {}

    def one(job: Job) -> Generator[simpy.Event, object, None]:
        yield env.timeout(job.at)
        with desk.request() as turn:
            yield turn
            yield env.timeout(job.works[0])
        times[job.key] = env.now - job.at

    for job in given:
        env.process(one(job))
    env.run()
    return [times[job.key] for job in given]
