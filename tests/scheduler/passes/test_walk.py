"""Walks over all jobs of a lane: what is done of whom, however they are interrupted."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from support.clock import ManualClock
from support.scheduling.desk import Topics, lane_of
from support.scheduling.states import failed, job, newest, state
from support.scheduling.walking import NAME, ListWalker, turned, walking_pass

from scheduler.lane.order import COUNT, RUN, STOP, Order
from scheduler.working.lane import Lane

_STATES = st.lists(
    st.tuples(st.sampled_from([f"job-{n}" for n in range(5)]), st.sampled_from(["f", "d", "-"])),
    max_size=25,
)


def _said(steps: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """States of jobs, each step an attempt more; `-` is a tombstone."""
    found, attempts = list[dict[str, Any]](), dict[str, int]()
    for job_id, kind in steps:
        attempts[job_id] = attempts.get(job_id, 0) + 1
        told: Any = {"attempt": attempts[job_id]}
        made = {"f": failed(job_id, **told), "d": state(job_id, **told), "-": {"job_id": job_id}}
        found.append(made[kind])
    return found


def _meant(states: list[dict[str, Any]]) -> set[tuple[str, int]]:
    last = newest(states).values()
    return {(s["job_id"], s["attempt"]) for s in last if s.get("status") == "FAILED"}


def _order(lane: Lane, kind: str = RUN, command_id: str = "c") -> None:
    lane.obey(Order(command_id, NAME, kind, "ann", 0), 0)


def _taken_over(topics: Topics, walker: ListWalker, clock: ManualClock, **more: Any) -> Lane:
    items = list(topics.items.values())
    rule = walking_pass(walker, clock, **more)
    return lane_of([rule], clock, items=items, standings=topics.standings)


def _commanded(topics: Topics) -> list[tuple[str, int]]:
    return [(c["job_id"], c["attempt"]) for c in topics.commands]


@given(steps=_STATES, most=st.integers(1, 4), cuts=st.lists(st.integers(1, 6), max_size=6))
@settings(deadline=None)
def test_each_job_that_is_meant_by_its_newest_state_is_done_once(
    steps: list[tuple[str, str]], most: int, cuts: list[int]
) -> None:
    """However few are kept at once, and wherever owners are killed between two commits."""
    # Given states of jobs, and a memory for few of those that are meant
    states, clock, topics = _said(steps), ManualClock(), Topics()
    more: Any = {"per_second": 20, "most_kept": most}
    lane = _taken_over(topics, ListWalker(states), clock, **more)
    _order(lane)
    topics.commit(lane)

    # When the walk goes on, and again and again an owner is killed with work in hand
    for turns in cuts:
        turned(clock, lane.turn, turns)
        topics.commit(lane)
        turned(clock, lane.turn, 2)
        lane = _taken_over(topics, ListWalker(states), clock, **more)
    turned(clock, lane.turn, 150)
    topics.commit(lane)

    # Then exactly those are commanded that are meant, each once
    assert sorted(_commanded(topics)) == sorted(_meant(states))
    run = topics.standings[NAME].run
    assert run is not None
    assert (run.sent, run.finished_at is not None) == (len(_meant(states)), True)


def test_a_dry_run_counts_and_does_nothing(clock: ManualClock) -> None:
    """What would be done is known before."""
    # Given two jobs that are meant, and one that is not any more
    states = [failed("job-1"), failed("job-2"), failed("job-3"), state("job-3", attempt=2)]
    topics = Topics()
    lane = _taken_over(topics, ListWalker(states), clock)

    # When they are counted
    _order(lane, COUNT)
    turned(clock, lane.turn)
    topics.commit(lane)

    # Then their number is told, and nothing is commanded
    run = topics.standings[NAME].run
    assert run is not None
    assert (run.matched, run.sent, run.dry, run.by) == (2, 0, True, "ann")
    assert run.finished_at is not None
    assert _commanded(topics) == []


def test_a_job_that_moves_on_while_it_is_kept_is_left_alone(clock: ManualClock) -> None:
    """The lane hears of it before its turn has come."""
    # Given two jobs that are meant, one a second
    states = [failed("job-1"), failed("job-2")]
    topics = Topics()
    lane = _taken_over(topics, ListWalker(states), clock, per_second=1)
    _order(lane)
    turned(clock, lane.turn, 3)

    # When the second one is sent back by somebody
    lane.hear(job(state("job-2", "RETRY_SCHEDULED", attempt=2), 2))
    turned(clock, lane.turn)

    # Then only the first one was done
    assert _commanded(topics.commit(lane)) == [("job-1", 1)]


def test_a_state_that_the_lane_has_heard_of_is_read_before_anything_is_done(
    clock: ManualClock,
) -> None:
    """The walk may be behind the lane."""
    # Given a job that has moved on, which the lane knows and the walk cannot read yet
    states = [failed("job-1"), failed("job-2")]
    topics, walker = Topics(), ListWalker(states)
    lane = _taken_over(topics, walker, clock)
    lane.hear(job(state("job-2", attempt=2), 2))
    _order(lane)
    turned(clock, lane.turn)
    assert _commanded(topics.commit(lane)) == []

    # When it can
    states.append(state("job-2", attempt=2))
    turned(clock, lane.turn)

    # Then the other one alone is done
    assert _commanded(topics.commit(lane)) == [("job-1", 1)]


def test_commands_are_written_at_their_pace(clock: ManualClock) -> None:
    """Whoever executes them has other work."""
    # Given 50 jobs that are meant, 5 a second
    states = [failed(f"job-{n}") for n in range(50)]
    topics = Topics()
    lane = _taken_over(topics, ListWalker(states, at_once=100), clock, per_second=5)

    # When four seconds go by
    _order(lane)
    turned(clock, lane.turn, 40)

    # Then some twenty are done
    assert 15 <= len(_commanded(topics.commit(lane))) <= 25


def test_a_run_is_stopped_by_somebody(clock: ManualClock) -> None:
    """Nothing more is done, and the next one begins from the beginning."""
    # Given a run under way, one a second
    states = [failed(f"job-{n}") for n in range(50)]
    topics = Topics()
    lane = _taken_over(topics, ListWalker(states, at_once=100), clock, per_second=1)
    _order(lane)
    turned(clock, lane.turn, 30)

    # When it is stopped
    _order(lane, STOP)
    before = len(_commanded(topics.commit(lane)))
    turned(clock, lane.turn, 30)

    # Then nothing more is done
    assert len(_commanded(topics.commit(lane))) == before
    assert topics.standings[NAME].running is None


def test_a_pass_begins_at_its_time_and_one_run_at_a_time(clock: ManualClock) -> None:
    """A time that comes while one is under way is made up for by that one."""
    # Given a pass that comes every minute, over jobs that take longer
    states = [failed(f"job-{n}") for n in range(300)]
    topics = Topics()
    walker = ListWalker(states, at_once=1000)
    lane = _taken_over(topics, walker, clock, per_second=1, at="* * * * *")

    # When three minutes go by
    turned(clock, lane.turn, 1800)
    topics.commit(lane)

    # Then there is one run, under way since the first
    assert 90 <= len(_commanded(topics)) <= 180
    assert len(set(_commanded(topics))) == len(_commanded(topics))
