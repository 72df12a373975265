"""How many of each are said to be needed: enough, and not more."""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from headway.declared.settings import MOST_PARTITIONS
from headway.planning.costs import Costs
from headway.planning.goal import Goal, floor, towards
from headway.planning.limits import broker_share, limits
from headway.planning.load import Load, StageLoad
from headway.planning.simulation import simulate
from headway.planning.sizing import HEADROOM, NotPossible, sized

_P1, _P2 = StageLoad("p1", 0.04), StageLoad("p2", 0.12)
_loads = st.builds(
    lambda rate, means, concurrency: Load(
        rate=rate,
        stages=tuple(
            StageLoad(f"p{n}", mean, concurrency=concurrency) for n, mean in enumerate(means, 1)
        ),
    ),
    rate=st.floats(0.1, 500),
    means=st.lists(st.floats(0.001, 1.0), min_size=1, max_size=3),
    concurrency=st.integers(4, 32),
)


@settings(deadline=None, max_examples=60)
@given(load=_loads)
def test_what_is_said_to_be_needed_is_not_too_busy(load: Load) -> None:
    """Of nothing more than 70 % is taken, and no stage has more instances than partitions."""
    # Given a load that some number of partitions carries
    assume(all(load.rate / s.capacity / HEADROOM < MOST_PARTITIONS / 2 for s in load.stages))

    # When it is sized, then nothing is too busy
    plan = sized(load)
    assert max(limit.busy for limit in limits(plan)) <= HEADROOM + 1e-9
    assert all(1 <= stage.replicas <= plan.partitions for stage in plan.stages)
    assert plan.brokers >= 3


@settings(deadline=None, max_examples=60)
@given(load=_loads)
def test_one_instance_less_would_be_too_busy(load: Load) -> None:
    """Nobody pays for what is not needed."""
    # Given a load that was sized
    assume(all(load.rate / s.capacity / HEADROOM < MOST_PARTITIONS / 2 for s in load.stages))
    plan = sized(load)

    # When a stage has one instance less, then that is too busy
    for stage in plan.stages:
        fewer = replace(stage, replicas=stage.replicas - 1)
        assert not fewer.replicas or fewer.busiest(plan.rate, plan.partitions) > HEADROOM


@settings(deadline=None, max_examples=40)
@given(load=_loads, factor=st.floats(1, 2))
def test_a_greater_load_never_needs_less(load: Load, factor: float) -> None:
    """However its partitions are dealt out."""
    # Given a load and a greater one
    assume(all(load.rate / s.capacity / HEADROOM < MOST_PARTITIONS / 4 for s in load.stages))
    less, more = sized(load), sized(replace(load, rate=load.rate * factor))

    # When both are sized, then the greater one has as many instances or more
    assert sum(s.replicas for s in more.stages) >= sum(s.replicas for s in less.stages)


def test_what_is_fixed_stays_as_it_is() -> None:
    """Whoever asks about a cluster that is there is told about that one."""
    # Given a load with partitions, brokers and the replicas of one stage
    load = Load(500, (replace(_P1, replicas=5), _P2), partitions=24, brokers=7)

    # When it is sized, then only the other stage's are found
    plan = sized(load)
    assert (plan.partitions, plan.brokers, plan.stages[0].replicas) == (24, 7, 5)
    assert plan.stages[1].replicas > 0


def test_a_load_that_no_number_of_partitions_carries_is_refused_with_what_would() -> None:
    """More concurrency, not more instances."""
    # Given a stage that would need thousands of instances
    load = Load(5000, (StageLoad("p1", 2.0),))

    # When it is sized, then it is told which concurrency fits, and that does
    with pytest.raises(NotPossible, match="p1 needs 1786 replicas; with --concurrency 58 it fits"):
        sized(load)
    plan = sized(replace(load, stages=(StageLoad("p1", 2.0, concurrency=58),)))
    assert plan.partitions <= MOST_PARTITIONS


def test_handlers_that_compute_get_on_by_cores_and_not_by_threads() -> None:
    """Eight handlers on two cores do what two do."""
    # Given a stage that waits, one that computes on two cores, and one on half a core
    waits, two, half = (StageLoad("p1", 1.0, cores=cores) for cores in (0, 2, 0.5))

    # When it is asked what an instance of each can do, then it is as much as that
    assert (waits.capacity, two.capacity, half.capacity) == (8.0, 2.0, 0.5)


def test_more_is_given_until_jobs_are_done_in_time() -> None:
    """A goal that half as many instances would miss."""
    # Given a load whose slow jobs wait too long on the fewest instances
    given = Load(100, (replace(_P1, concurrency=2), replace(_P2, cv=0.5, concurrency=2)))
    fewest, goal = sized(given), Goal(0.99, 0.6)
    assert simulate(fewest, number=10_000).whole.share(0.99) > goal.seconds

    # When it is sized towards the goal, then it is kept, and by more instances
    plan = towards(fewest, given, goal, seed=1)
    assert simulate(plan, number=10_000).whole.share(0.99) <= goal.seconds
    assert sum(s.replicas for s in plan.stages) > sum(s.replicas for s in fewest.stages)


def test_a_goal_below_the_handlers_own_times_changes_nothing() -> None:
    """No machine makes a handler faster."""
    # Given a goal that no job could keep to
    given = Load(100, (_P1, _P2))
    fewest, goal = sized(given), Goal(0.5, 0.01)

    # When it is sized towards the goal, then nothing is added
    assert floor(fewest, 1).whole.share(0.5) > goal.seconds
    assert towards(fewest, given, goal, seed=1) == fewest


def test_brokers_are_as_many_as_bytes_and_frames_need() -> None:
    """Large records by their bytes, many instances by their frames."""
    # Given a load of large records
    given = Load(500, (_P1, _P2), costs=Costs(job_bytes=200_000))

    # When it is sized, then its brokers are not too busy, and one less would be
    plan = sized(given)
    assert plan.brokers > 3
    assert broker_share(plan) <= HEADROOM
    assert broker_share(replace(plan, brokers=plan.brokers - 1)) > HEADROOM
