"""What goes into one transaction: what was gathered until it was cut, and nothing later."""

from support.clock import ManualClock
from support.scheduling.desk import WORDS, Topics, lane_of
from support.scheduling.states import failed, held, job

from scheduler.lane.order import PAUSE, Order
from scheduler.rules.release import NAME, Release
from scheduler.rules.rerun import Again, Rerun
from scheduler.rules.rule import Named, Rule
from scheduler.saying.turn import Turn


def _rules(about: str = "x") -> list[Rule]:
    again = Again(after_ms=(1000,), times=9, within_ms=10**9)
    return [
        Release("SCHEDULED"),
        Rerun(Named(name="away", kind="rerun", about=about), again, "FAILED"),
    ]


def test_a_transaction_that_is_said_again_commits_no_more_than_it_says(
    clock: ManualClock,
) -> None:
    """States that were heard meanwhile are in the next one: to commit them now would lose them."""
    # Given what is to be said of a lane that has read nothing
    lane = lane_of(_rules(), clock)
    lane.obey(Order("c", NAME, PAUSE, "ann", 0), 4)
    turn = Turn([(lane, lane.cut())])

    # When states are heard before it is said
    lane.hear(job(held("job-1"), 7))

    # Then it commits the order alone
    offsets = {place.topic: place.offset for place in turn.offsets(WORDS.topics)}
    assert offsets == {WORDS.topics.states: 0, WORDS.topics.orders: 5}


def test_what_is_left_at_the_end_is_told_with_the_last_transaction(clock: ManualClock) -> None:
    """Counts that would have been told within the second."""
    # Given a rule that has done something just after it was told
    topics = Topics()
    lane = lane_of(_rules(), clock)
    topics.commit(lane)
    lane.hear(job(failed("job-1", updated_at=clock.now_ms() - 5000), 0))
    lane.turn()
    topics.commit(lane)
    assert topics.standings["away"].done == 0

    # When its owner ends in order
    lane.last_words()
    topics.commit(lane)

    # Then its count is told
    assert topics.standings["away"].done == 1


def test_words_that_are_declared_otherwise_are_told_anew(clock: ManualClock) -> None:
    """People see what the newest release says of its rules."""
    # Given a lane of one release
    topics = Topics()
    topics.commit(lane_of(_rules("old"), clock))

    # When another takes it over
    heir = lane_of(_rules("new"), clock, standings=topics.standings)
    topics.commit(heir)

    # Then its words are told
    assert [told["about"] for told in topics.told if told["rule"] == "away"] == ["old", "new"]
