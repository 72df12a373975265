"""Whatever is handed over when, whoever dies: jobs of one order key end as they were submitted."""

import random
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.kafka.messages import partition, task
from support.stages.stage_rig import FakeCluster, InProcessStage, once

from headway.base.errors import StoreUnavailable
from headway.taking.turns import Turns

_AWAY = StoreUnavailable("the store is away")
_KEYS = "ABCD"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_tasks_begin_one_after_another_in_the_order_they_were_taken(
    keys: list[int], rng: random.Random
) -> None:
    """In whatever order they are handed over, and end."""
    # Given tasks of some orders, taken in a row, and a shuffled order of handing over
    turns, owner = Turns(), partition()
    tasks = [task(owner, offset=offset) for offset in range(len(keys))]
    for each, key in zip(tasks, keys, strict=True):
        turns.enter(each, (owner.index, b"%d" % key))
    left, begun, ended = rng.sample(tasks, len(tasks)), list[Any](), list[Any]()

    # When they are handed over and end at random
    while left or begun:
        if left and (not begun or rng.random() < 0.5):
            each = left.pop()
            begun += [each] if turns.hand_over(each) else []
        else:
            each = begun.pop(rng.randrange(len(begun)))
            ended.append(each)
            following = turns.leave(each)
            begun += [following] if following else []
        # Then no two of an order are at work
        at_work = [keys[each.offset] for each in begun]
        assert len(at_work) == len(set(at_work))

    # And all have ended, those of an order as they were taken
    assert len(ended) == len(tasks)
    for key in set(keys):
        mine = [each.offset for each in ended if keys[each.offset] == key]
        assert mine == sorted(mine)


def test_what_is_lost_and_was_never_handed_over_is_out_of_the_way() -> None:
    """Whoever waits for it would wait for ever."""
    # Given three of an order: two of a partition that is lost, one of its next owner's
    turns, before, after = Turns(), partition(), partition()
    first, second, third = task(before, offset=1), task(before, offset=2), task(after, offset=1)
    for each in (first, second, third):
        turns.enter(each, (2, b"A"))
    assert not turns.hand_over(third)

    # When the loss is noticed, then the one that is left begins
    before.lost = True
    assert turns.forget_lost() == [third]
    assert turns.forget_lost() == []


@pytest.mark.parametrize("seed", range(3))
def test_keys_keep_their_order_through_retries_crashes_and_rebalances(
    cluster: FakeCluster, seed: int
) -> None:
    """Two instances, one of which is killed again and again; many jobs fail once or twice."""
    # Given jobs of four customers in two partitions
    rng = random.Random(seed)
    submitted = [f"{rng.choice(_KEYS)}-{number:02}" for number in range(40)]
    for job_id in submitted:
        index = _KEYS.index(job_id[0]) % 2
        cluster.give("p1", job_id, partition=index, order_key=job_id[0])
    failing = rng.sample(submitted, 12)

    # When instances come and go while they are done
    living = [_started(cluster, failing, number) for number in range(2)]
    for number in range(2, 5):
        wanted = len(_ended(cluster)) + rng.randrange(1, 6)
        turned = partial(_turn, living)
        while len(_ended(cluster)) < min(wanted, len(submitted)):
            turned()
        living.pop(rng.randrange(2)).kill()
        living.append(_started(cluster, failing, number))
    first, last = living
    all_done = partial(_all_done, cluster, submitted, last)
    first.turn_until(all_done, cluster.statuses)

    # Then those of each customer ended as they were submitted, each once
    for key in _KEYS:
        mine = [job_id for job_id in submitted if job_id[0] == key]
        assert [job_id for job_id in _ended(cluster) if job_id[0] == key] == mine


def _started(cluster: FakeCluster, failing: list[str], number: int) -> InProcessStage:
    stage = cluster.stage(
        "p1",
        f"instance-{number}",
        ordering="key",
        retry_tries=20,
        retry_delays="0.02,0.03,0.04",
        concurrency=4,
        max_deliveries=20,
        session_timeout_ms=1000,
    )
    for job_id in failing:
        stage.script.fail(job_id, _AWAY, times=3)
    return stage.start()


def _turn(living: list[InProcessStage]) -> None:
    for stage in living:
        stage.turn()


def _all_done(cluster: FakeCluster, submitted: list[str], other: InProcessStage) -> bool:
    other.turn()
    return cluster.outputs("p1") == once(submitted)


def _ended(cluster: FakeCluster) -> list[str]:
    return [(record.key or b"").decode() for _, _, record in cluster.read("jobs.p1-done")]
