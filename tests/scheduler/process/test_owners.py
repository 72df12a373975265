"""Owners of lanes that die, stall, lose their producer or get another: nothing lost or twice."""

from collections import Counter
from collections.abc import Callable

import pytest
from support.fake_kafka import errors
from support.fake_kafka.errors import Code
from support.scheduling.rig import FakeScheduling, InProcessScheduler
from support.scheduling.states import failed, held, state

_JOBS = 30
_LANES = 6


def _due(scheduling: FakeScheduling, count: int = _JOBS) -> None:
    """So many jobs wait for one moment, over all lanes."""
    due_at = scheduling.clock.now_ms() + 60_000
    for number in range(count):
        scheduling.say(held(f"job-{number}", due_at), lane=number % _LANES)


def _pending(*instances: InProcessScheduler) -> int:
    """How many jobs wait, as they know it."""
    return sum(
        lane.desk.count("submitted-for-later")
        for each in instances
        for lane in each.loop.assignment.lanes.values()
    )


def _commanded(scheduling: FakeScheduling) -> Counter[str]:
    return Counter(command["job_id"] for command in scheduling.commands())


def _all_once(scheduling: FakeScheduling, count: int = _JOBS) -> Callable[[], bool]:
    return lambda: len(_commanded(scheduling)) == count


def test_what_waits_is_not_lost_with_its_owner(scheduling: FakeScheduling) -> None:
    """An heir that was started later knows it from the topic."""
    # Given jobs that wait, and their owner killed
    _due(scheduling)
    one = scheduling.instance(name="a")
    scheduling.turn_until(lambda: _pending(one) == _JOBS and not one.loop.speaker.under_way)
    scheduling.turn_until(lambda: len(scheduling.read("schedule-pending")) >= _JOBS)
    one.kill()

    # When an heir comes, and their time
    two = scheduling.instance(name="b")
    scheduling.turn_until(lambda: two.lanes == _LANES)
    assert _pending(two) == _JOBS
    scheduling.clock.advance(60)
    scheduling.turn_until(_all_once(scheduling))

    # Then each was commanded once
    assert set(_commanded(scheduling).values()) == {1}


def test_lanes_are_shared_and_go_over_when_an_owner_dies_in_the_middle(
    scheduling: FakeScheduling,
) -> None:
    """Whatever it had begun to say is said by its heir, or was."""
    # Given two owners, and much that comes due
    _due(scheduling, 300)
    one, two = scheduling.instance(name="a"), scheduling.instance(name="b")
    scheduling.turn_until(lambda: one.lanes == two.lanes == _LANES // 2)
    scheduling.turn_until(lambda: _pending(one, two) == 300)

    # When one of them is killed while it says them
    scheduling.clock.advance(60)
    scheduling.turn_until(lambda: one.loop.speaker.under_way)
    one.kill()
    scheduling.turn_until(_all_once(scheduling, 300))

    # Then all were commanded once
    assert set(_commanded(scheduling).values()) == {1}


@pytest.mark.parametrize("call", ["commit_transaction", "send_offsets_to_transaction"])
def test_a_transaction_that_is_aborted_is_said_again(scheduling: FakeScheduling, call: str) -> None:
    """As often as it takes."""
    # Given jobs that wait
    _due(scheduling)
    one = scheduling.instance()
    scheduling.turn_until(lambda: _pending(one) == _JOBS and not one.loop.speaker.under_way)

    # When the transactions of their commands are aborted
    scheduling.broker.faults.fail(
        call, errors.abortable(Code.OUT_OF_ORDER_SEQUENCE_NUMBER), times=3
    )
    scheduling.clock.advance(60)
    scheduling.turn_until(_all_once(scheduling))

    # Then each was commanded once
    assert set(_commanded(scheduling).values()) == {1}


@pytest.mark.parametrize("after", [False, True], ids=["not committed", "committed"])
def test_a_producer_that_is_lost_is_replaced_and_all_is_built_anew(
    scheduling: FakeScheduling, *, after: bool
) -> None:
    """Nobody knows what became of its transaction: what is committed tells."""
    # Given jobs that wait
    _due(scheduling)
    one = scheduling.instance()
    scheduling.turn_until(lambda: _pending(one) == _JOBS and not one.loop.speaker.under_way)

    # When the producer is lost, before or after the commit of their commands
    scheduling.broker.faults.fail("commit_transaction", errors.unknown_producer(), after=after)
    scheduling.clock.advance(60)
    scheduling.turn_until(_all_once(scheduling))
    scheduling.turn_until(lambda: one.health.ready, lambda: one.health.reason)

    # Then each was commanded once
    assert set(_commanded(scheduling).values()) == {1}


def test_an_owner_that_stalls_can_say_nothing_any_more(scheduling: FakeScheduling) -> None:
    """Its heir says it; what it says itself is refused with the group's generation."""
    # Given an owner of all that stalls with commands in hand
    _due(scheduling)
    one = scheduling.instance(name="a")
    scheduling.turn_until(lambda: _pending(one) == _JOBS and not one.loop.speaker.under_way)
    hangs = scheduling.broker.faults.hang("send_offsets_to_transaction")
    scheduling.clock.advance(60)
    scheduling.turn_until(hangs.reached.is_set)
    one.kill()

    # When an heir takes over, which waits for what is open, and the stalled one comes back
    two = scheduling.instance(name="b")
    scheduling.turn_until(lambda: two.loop.assignment.pending)
    assert two.lanes == 0
    hangs.release()
    one.alive = True
    scheduling.turn_until(_all_once(scheduling))
    scheduling.turn_until(lambda: one.lanes + two.lanes == _LANES)

    # Then each was commanded once
    assert set(_commanded(scheduling).values()) == {1}


def test_a_job_that_failed_is_sent_back_and_one_that_moved_on_is_not(
    scheduling: FakeScheduling,
) -> None:
    """The newest state counts."""
    # Given a rule, and two jobs that failed, one of which somebody has sent back since
    rules = "[{name: away, kind: rerun, about: x, after: [1 min], within: 1 h}]"
    at = scheduling.clock.now_ms()
    scheduling.say(failed("job-1", updated_at=at), failed("job-2", updated_at=at))
    scheduling.say(state("job-2", "RETRY_SCHEDULED", attempt=2))
    one = scheduling.instance(rules)
    scheduling.turn_until(lambda: 0 in one.loop.assignment.lanes)
    scheduling.turn_until(lambda: one.loop.assignment.lanes[0].desk.count("away") == 1)

    # When the delay has gone by
    scheduling.clock.advance(61)
    scheduling.turn_until(scheduling.commands)

    # Then the other one is sent back
    (command,) = scheduling.commands()
    assert (command["kind"], command["job_id"]) == ("retry", "job-1")
    assert command["by"] == "the scheduler's rule away"


def test_a_pass_over_all_lanes_is_ordered_once_and_gone_on_with_by_heirs(
    scheduling: FakeScheduling,
) -> None:
    """Each job that is meant gets one command, though owners change in the middle."""
    # Given jobs that failed in all lanes
    rules = """
- {name: again, kind: reprocess, about: x, at: "@monthly", where: {status: FAILED}, per_second: 50}
"""
    for number in range(300):
        scheduling.say(failed(f"job-{number}"), lane=number % _LANES)
    one = scheduling.instance(rules, "a")
    scheduling.turn_until(lambda: one.lanes == _LANES)

    # When somebody has it run, and its owner is killed in the middle
    scheduling.order("again", "run")
    scheduling.turn_until(lambda: len(_commanded(scheduling)) > 20)
    one.kill()
    scheduling.instance(rules, "b")
    scheduling.turn_until(_all_once(scheduling, 300))

    # Then all were commanded once, and every lane says that it is through
    assert set(_commanded(scheduling).values()) == {1}

    def finished() -> bool:
        rows = [row for row in scheduling.read("schedule-rules") if row and row["run"]]
        return sum(row["run"]["finished_at"] is not None for row in rows) >= _LANES

    scheduling.turn_until(finished)


def test_lanes_that_were_taken_over_before_there_was_a_producer_stay(
    scheduling: FakeScheduling,
) -> None:
    """A broker may be long in giving a producer its id."""
    # Given an instance that has its lanes, and no producer yet
    hangs = scheduling.broker.faults.hang("init_transactions")
    one = scheduling.instance()
    scheduling.turn_until(lambda: one.lanes == _LANES)
    lanes = dict(one.loop.assignment.lanes)
    assert not one.health.ready

    # When it has one
    hangs.release()
    scheduling.turn_until(lambda: one.health.ready)

    # Then the lanes are the same, and nothing is taken over again
    assert one.loop.assignment.lanes == lanes
