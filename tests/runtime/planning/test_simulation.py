"""What a simulation keeps to, whatever the load."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.planning.brokers import Brokers
from headway.planning.costs import FREE, Costs
from headway.planning.events import Events
from headway.planning.jobs import jobs
from headway.planning.limits import broker_share, frames_of
from headway.planning.load import Load, StageLoad
from headway.planning.simulation import Simulated, simulate
from headway.running import gathering, runner

_JOBS = 1500
_LOAD = Load(
    rate=20,
    stages=(
        StageLoad("p1", 0.05, concurrency=2, replicas=2),
        StageLoad("p2", 0.1, cv=0.5, concurrency=4, replicas=3),
    ),
    partitions=6,
    brokers=2,
)
_loads = st.builds(
    lambda busy, cv, concurrency, burst: Load(
        rate=busy * concurrency,
        stages=(StageLoad("p1", 1.0, cv=cv, concurrency=concurrency, replicas=1),),
        partitions=6,
        brokers=1,
        burst=burst,
        costs=FREE,
    ),
    busy=st.floats(0.1, 1.5),
    cv=st.floats(0, 2),
    concurrency=st.integers(1, 12),
    burst=st.integers(1, 30),
)


def test_of_one_seed_it_is_always_the_same() -> None:
    """Whoever repeats a plan gets it again; another seed is another draw."""
    # Given a load, when it is simulated twice, then nothing differs
    assert simulate(_LOAD, number=_JOBS, seed=4) == simulate(_LOAD, number=_JOBS, seed=4)

    # When it is drawn anew, then times differ
    assert simulate(_LOAD, number=_JOBS, seed=4) != simulate(_LOAD, number=_JOBS, seed=5)


def test_the_same_jobs_come_whatever_there_is_to_carry_them() -> None:
    """So that two plans differ by what they give, and not by luck."""
    # Given a load on two sets of machines
    other = replace(_LOAD, brokers=5).with_stage(replace(_LOAD.stages[0], replicas=6))

    # When their jobs are drawn, then they are the same
    one, two = (list(jobs(load, 50, seed=1)) for load in (_LOAD, other))
    assert [(j.key, j.at, j.partition, j.works) for j in one] == [
        (j.key, j.at, j.partition, j.works) for j in two
    ]


@settings(deadline=None, max_examples=40)
@given(load=_loads)
def test_more_handlers_make_no_job_slower(load: Load) -> None:
    """Neither on the whole nor for the slowest."""
    # Given a load, when each instance has one handler more, then no share of the jobs takes longer
    (stage,) = load.stages
    more = load.with_stage(replace(stage, concurrency=stage.concurrency + 1))
    assert _all_shares_at_most(_simulated(more), _simulated(load))


@settings(deadline=None, max_examples=40)
@given(load=_loads, factor=st.floats(1.05, 3))
def test_a_greater_load_makes_no_job_faster(load: Load, factor: float) -> None:
    """The same jobs in less time wait for each other as long or longer."""
    # Given a load, when its jobs come faster, then no share of the jobs takes less
    faster = replace(load, rate=factor * load.rate)
    assert _all_shares_at_most(_simulated(load), _simulated(faster))


@settings(deadline=None, max_examples=40)
@given(load=_loads)
def test_no_job_is_faster_than_its_handler(load: Load) -> None:
    """And each one ends: what came has gone."""
    # Given a load, when it is simulated, then every time is that of a handler at least
    told = simulate(load, number=300, seed=2)
    shortest = min(job.works[0] for job in jobs(load, 300, seed=2))
    assert told.whole.seconds[0] >= shortest - 1e-9
    assert told.jobs == 240


def test_jobs_that_end_during_a_frame_share_the_next() -> None:
    """Under load frames grow, so an instance says at most one after the other."""
    # Given one instance that ends far more jobs than it could say frames
    stage = StageLoad("p1", 0.02, cv=0.5, concurrency=100, replicas=1)
    load = Load(rate=2000, stages=(stage,), partitions=6, brokers=1, costs=Costs(broker_frame=0))

    # When it is simulated, then its frames follow each other, and its jobs are done
    told = simulate(load, number=10_000)
    assert told.frames <= 1 / load.costs.frame
    assert told.rate == pytest.approx(2000, rel=0.1)


def test_a_broker_that_has_much_to_do_holds_frames_up() -> None:
    """What one broker takes too long for, two do in time."""
    # Given a broker that is all but full
    slow = Costs(broker_frame=0.04, broker_cores=2)
    one = replace(_LOAD, brokers=1, rate=20, costs=slow)

    # When there are two, then jobs are done sooner
    told, more = (simulate(load, number=_JOBS) for load in (one, replace(one, brokers=3)))
    assert told.brokers > 0.7
    assert more.whole.share(0.95) < told.whole.share(0.95)


@pytest.mark.parametrize("rate", [2, 20, 60])
def test_frames_are_reckoned_as_they_are_simulated(rate: float) -> None:
    """What brokers are sized by is what then comes of it."""
    # Given a load, when its frames are reckoned, then they are those simulated
    load = replace(_LOAD, rate=rate)
    told = simulate(load, number=5000)
    assert sum(frames_of(load, stage) for stage in load.stages) == pytest.approx(
        told.frames, rel=0.1
    )
    assert broker_share(load) == pytest.approx(told.brokers, rel=0.1)


def test_a_stage_is_simulated_with_its_own_turn_and_linger() -> None:
    """A change of the loop is a change of the plan."""
    # Given what a plan reckons with, when it is held against the loop, then it is the same
    assert Costs().turn == runner._TURN_SECONDS
    assert Costs().linger == gathering._LINGER_SECONDS


def test_an_idle_broker_adds_nothing_to_a_frame() -> None:
    """The time of a frame was measured with a broker's own work in it."""
    # Given brokers without work, when a frame is said, then it takes its time and no more
    events, said = Events(), list[float]()
    costs = Costs()
    Brokers(events, costs, 3, 1).say(10, 5, lambda _: said.append(events.now), None)
    events.run()
    assert said == [pytest.approx(costs.frame + 10 * costs.record)]


def _simulated(load: Load) -> Simulated:
    return simulate(load, number=_JOBS)


def _all_shares_at_most(one: Simulated, other: Simulated) -> bool:
    pairs = zip(one.whole.seconds, other.whole.seconds, strict=True)
    return all(a <= b + 1e-6 for a, b in pairs)
