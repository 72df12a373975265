"""A rule of the schedules: of its lanes one is told."""

from typing import Any

import pytest

from headway.base.errors import DecodeError
from headway.wire.codec import Codec
from headway.wire.schedules.rule import Rule, Run, rule_in, summed

RUN = Run(
    1000, "nightly/1", dry=False, by="", position=10, end=40, matched=5, sent=4, finished_at=None
)
LANE = Rule("nightly", "reprocess", "p2", "Every night.", False, "", 5000, None, 0, 0, None, 100)  # noqa: FBT003 - as the record has it


@pytest.fixture(scope="module")
def codec() -> Codec:
    return Codec()


def _encoded(codec: Codec, told: Rule, **other: Any) -> bytes:
    run = told.run and told.run._asdict()
    return codec.encode("schedule-rule", told._asdict() | {"run": run} | other)


@pytest.mark.parametrize("rule", [LANE, LANE._replace(run=RUN, paused=True, paused_by="ann")])
def test_a_rule_is_read_as_it_was_written(codec: Codec, rule: Rule) -> None:
    """With its run, or without."""
    # Given a record, when it is read, then it is the same
    assert rule_in(codec, _encoded(codec, rule)) == rule


def test_whatever_is_said_is_bounded(codec: Codec) -> None:
    """Anybody may write the topic, and a person reads it."""
    # Given a rule of endless words, when it is read, then they end
    rule = rule_in(codec, _encoded(codec, LANE, rule="r" * 9000, about="a" * 9000))
    assert (len(rule.rule), len(rule.about)) == (200, 1000)
    with pytest.raises(DecodeError):
        rule_in(codec, b"garbage")


def test_what_lanes_count_is_summed_and_the_next_time_is_the_first() -> None:
    """Whoever looks sees one rule."""
    # Given a rule in three lanes, when they are summed, then numbers are sums, times the outermost
    lanes = [
        LANE._replace(pending=3, done=10, next_at=7000, last_at=100),
        LANE._replace(pending=4, done=1, next_at=6000, last_at=300, updated_at=200),
        LANE._replace(next_at=None),
    ]
    found = summed(lanes)
    assert (found.pending, found.done) == (7, 11)
    assert (found.next_at, found.last_at, found.updated_at) == (6000, 300, 200)
    assert summed([LANE]) == LANE


def test_a_rule_is_paused_once_it_is_in_every_lane() -> None:
    """Until then something may still be sent; by whom is told with it."""
    # Given a rule that one lane has paused, and another not yet
    one, other = LANE._replace(paused=True, paused_by="ann"), LANE

    # When they are summed, then it is not paused; then both have, and it is
    assert not summed([one, other]).paused
    assert summed([one, other]).paused_by == ""
    both = summed([one, one._replace(updated_at=900)])
    assert (both.paused, both.paused_by) == (True, "ann")


def test_a_run_is_over_once_it_is_in_every_lane() -> None:
    """A lane that tells of an older one, or of none, has not begun it."""
    # Given three lanes: one is through, one at work, one with the run of yesterday
    done = LANE._replace(run=RUN._replace(position=40, finished_at=2000))
    work = LANE._replace(run=RUN)
    old = LANE._replace(run=RUN._replace(run_id="nightly/0", started_at=5, finished_at=6))

    # When they are summed, then the new run is told as far as it is
    run = summed([done, work, old]).run
    assert run is not None
    assert (run.run_id, run.position, run.end, run.over) == ("nightly/1", 50, 80, False)
    assert (run.matched, run.sent) == (10, 8)

    # Then it is over with the last lane
    run = summed([done, done._replace(run=RUN._replace(finished_at=2500))]).run
    assert run is not None
    assert (run.over, run.finished_at) == (True, 2500)
