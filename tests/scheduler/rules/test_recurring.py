"""What is submitted again and again: late at worst, never twice."""

import pytest
from support.clock import ManualClock
from support.scheduling.desk import Topics, lane_of

from headway.wire.identity import partition_of
from scheduler.declared.crontab import Crontab
from scheduler.lane.order import RUN, Order
from scheduler.rules.recurring import Recurring
from scheduler.rules.rule import Named
from scheduler.working.lane import Lane

#: 2025-11-24 12:00 UTC.
_NOON = 1_763_985_600_000
_FIELDS = {"title": "week.csv", "source": {"content": b"a\n1\n"}}
_LANES = 6
_HERE = partition_of("hourly", _LANES)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(wall_ms=_NOON - 60_000)


def _lane(clock: ManualClock, topics: Topics, said: str = "0 * * * *", index: int = _HERE) -> Lane:
    named = Named(name="hourly", kind="submit", about="x")
    rule = Recurring(named, Crontab(said, "UTC"), _FIELDS, lane=index, lanes=_LANES)
    items = list(topics.items.values())
    return lane_of([rule], clock, items=items, standings=topics.standings, index=index)


def _submitted(topics: Topics) -> list[str]:
    return [job["job_id"] for job in topics.submitted]


def test_a_job_is_submitted_at_each_time(clock: ManualClock) -> None:
    """Its job_id says which it is."""
    # Given an hourly job
    topics = Topics()
    lane = _lane(clock, topics)

    # When two hours go by
    for _ in range(120):
        clock.advance(60)
        lane.turn()
    topics.commit(lane)

    # Then there are two jobs, named by their times
    assert _submitted(topics) == ["hourly-20251124T120000Z", "hourly-20251124T130000Z"]
    assert topics.submitted[0]["title"] == "week.csv"


def test_a_time_that_falls_into_a_change_of_hands_is_made_up_for(clock: ManualClock) -> None:
    """Late, and once, however many were missed."""
    # Given an hourly job whose owner is killed
    topics = Topics()
    topics.commit(_lane(clock, topics))

    # When an heir comes after three hours
    clock.advance(3 * 3600)
    heir = _lane(clock, topics)
    heir.turn()
    heir.turn()
    topics.commit(heir)

    # Then there is one job for what was missed, and the next is planned
    assert _submitted(topics) == ["hourly-20251124T120000Z"]
    assert topics.items["rule/hourly"].due_at == _NOON + 3 * 3_600_000


def test_what_was_not_committed_is_done_again_as_the_same_job(clock: ManualClock) -> None:
    """Twice is once: the job_id is made of the time."""
    # Given a job that was submitted by somebody whose transaction is lost
    topics = Topics()
    topics.commit(_lane(clock, topics))
    lost = _lane(clock, topics)
    clock.advance(60)
    lost.turn()
    first = _submitted(Topics().commit(lost))

    # When an heir takes over
    clock.advance(45)
    heir = _lane(clock, topics)
    heir.turn()

    # Then it submits the same job
    assert _submitted(topics.commit(heir)) == first


def test_a_clock_that_is_set_back_repeats_nothing(clock: ManualClock) -> None:
    """The next time lies behind the last one, by whatever clock."""
    # Given a job that was submitted at noon
    topics = Topics()
    lane = _lane(clock, topics)
    clock.advance(60)
    lane.turn()
    topics.commit(lane)

    # When the clock is set back by half an hour, and noon comes again for an heir too
    clock.wall_ms -= 1_800_000
    heir = _lane(clock, topics)
    for each in (lane, heir):
        for _ in range(45):
            clock.advance(60)
            each.turn()
        clock.wall_ms -= 2_700_000
    topics.commit(heir)

    # Then it was submitted once
    assert _submitted(topics) == ["hourly-20251124T120000Z"]


def test_a_clock_that_is_set_forward_misses_nothing(clock: ManualClock) -> None:
    """What was jumped over is made up for once."""
    # Given an hourly job
    topics = Topics()
    lane = _lane(clock, topics)

    # When the clock jumps by a day
    clock.wall_ms += 86_400_000
    lane.turn()
    lane.turn()

    # Then one was submitted
    assert len(_submitted(topics.commit(lane))) == 1


def test_one_lane_alone_does_it(clock: ManualClock) -> None:
    """That of the rule's name."""
    # Given all other lanes
    topics = Topics()
    lanes = [_lane(clock, Topics(), index=n) for n in range(_LANES) if n != _HERE]

    # When its time comes there
    clock.advance(60)
    for lane in lanes:
        lane.turn()
        topics.commit(lane)

    # Then nothing is submitted
    assert _submitted(topics) == []


def test_somebody_has_it_done_now(clock: ManualClock) -> None:
    """Once for one order, however often that is written."""
    # Given an hourly job
    topics = Topics()
    lane = _lane(clock, topics)

    # When it is ordered to run, twice by the same record
    for offset in range(2):
        lane.obey(Order("c", "hourly", RUN, "ann", _NOON - 5000), offset)
    topics.commit(lane)

    # Then both are one job, and the next is planned as before
    assert set(_submitted(topics)) == {"hourly-20251124T115955Z"}
    assert topics.items["rule/hourly"].due_at == _NOON


def test_another_crontab_is_followed_from_now(clock: ManualClock) -> None:
    """The one that was planned does not come."""
    # Given an hourly job
    topics = Topics()
    topics.commit(_lane(clock, topics))

    # When it is declared to come once a day
    topics.commit(_lane(clock, topics, "0 20 * * *"))

    # Then the next one is that
    assert topics.items["rule/hourly"].due_at == _NOON + 8 * 3_600_000
