"""From where states are read: as far back as matters to whoever reads on, and not much further."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.fake_kafka.broker import FakeBroker
from support.fake_kafka.errors import plain
from support.rooms.history import SOURCE, STATES, History, Reader

from headway.edges import kafka


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> FakeBroker:
    made = FakeBroker()
    made.install(monkeypatch)
    return made


@pytest.fixture
def history(broker: FakeBroker) -> History:
    """A job every hundred days and one each of the last days, all over on the day they came."""
    made = History(broker, "retries")
    days = [400, 300, 200, 100, 50, 29, 20, 10, 1, 0.01]
    made.append(SOURCE, *days)
    made.append(STATES, *days)
    return made


def test_who_has_read_all_needs_the_states_of_the_time_for_which_jobs_are_remembered(
    history: History,
) -> None:
    """However many there were before."""
    # Given a reader at the end, when it is asked from where, then from the first of thirty days
    assert history.first(Reader(10)) == 5


@pytest.mark.parametrize(("begins", "first"), [(9, 5), (8, 5), (7, 5), (6, 4), (4, 4), (0, 0)])
def test_who_reads_older_records_needs_states_as_much_older(
    history: History, begins: int, first: int
) -> None:
    """Thirty days before the first record to be read, or some days more."""
    # Given a reader further back, when it is asked from where, then from so much further back
    assert history.first(Reader(begins)) <= first
    assert history.first(Reader(begins)) >= first - 2


@pytest.mark.parametrize("begins", [None, 0])
def test_who_reads_all_needs_all(history: History, begins: int | None) -> None:
    """A new group, one that the cluster has forgotten, one that was moved to the beginning."""
    # Given a reader of everything, when it is asked from where, then from the beginning
    assert history.first(Reader(begins)) <= 0


def test_a_topic_in_which_there_never_was_a_record_asks_for_nothing_older(
    history: History,
) -> None:
    """Nothing is committed there, and nothing old can come of it."""
    # Given a reader at the end of its source and of retries of which there were none
    readers = Reader(10), Reader(None, "retries")
    # When it is asked from where, then as for the source alone
    assert history.first(*readers) == 5


def test_an_idle_topic_behind_whose_records_lie_only_markers_asks_for_nothing_older(
    history: History,
) -> None:
    """As in retries, of which the last came long ago, and was handled."""
    # Given a reader at the end, and one that has read all retries, before the last one's marker
    history.append_in_transactions("retries", 300, 200)
    # When it is asked from where, with the last one read and not read
    read, unread = (history.first(Reader(10), Reader(at, "retries")) for at in (3, 2))
    # Then as for the source alone, and from before the one that was not read
    assert (read, unread <= 2) == (5, True)


def test_the_one_that_is_furthest_back_counts_as_long_as_it_reads(history: History) -> None:
    """All that share an index read by it."""
    # Given a reader at the end, and one of retries that lie since long
    history.append("retries", 90, 0.5)
    late = Reader(0, "retries")
    # When it is asked from where, before and after that one has lost its partition
    before = history.first(Reader(10), late)
    late.lost = True
    after = history.first(Reader(10), late)
    # Then it counts while it reads
    assert (before <= 3, after) == (True, 5)


def test_a_commit_behind_the_end_asks_for_nothing_older(history: History) -> None:
    """Whoever finds no record there begins anew, from the beginning, and says so then."""
    # Given a reader behind the end, when it is asked from where, then as at the end
    assert history.first(Reader(5000)) == 5


def test_where_no_state_is_young_enough_none_is_read(broker: FakeBroker) -> None:
    """It is read from the end on, as it was when it was asked for."""
    # Given states that are all older, and a reader that has read all
    history = History(broker)
    history.append(SOURCE, 90)
    history.append(STATES, 90, 80)
    # When it is asked from where, then from the end to the end
    assert history.spans(Reader(1))[STATES, 0] == (2, 2)


def test_where_reading_was_held_it_goes_on_there(history: History) -> None:
    """What is in the index already is not read again."""
    # Given a place that was read up to a state that nobody could read
    # When it is asked from where, then from there
    assert history.spans(Reader(10), asked=7)[STATES, 0] == (7, 10)


def test_a_place_of_which_there_is_no_answer_is_left_out(
    broker: FakeBroker, history: History
) -> None:
    """It is asked for again; that nothing is known is no reason to read less."""
    # Given a cluster that does not answer
    refused = broker.faults.fail("admin.list_offsets", plain(kafka.KafkaError._TIMED_OUT), times=1)
    # When it is asked from where, then that is told
    with pytest.raises(kafka.KafkaException):
        history.first(Reader(10))
    assert refused.met == 1


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(st.tuples(st.floats(0, 900), st.floats(0, 40)), min_size=1, max_size=25),
    st.integers(0, 25),
    st.integers(1, 60),
)
def test_every_state_that_can_matter_is_read_and_not_many_more(
    monkeypatch: pytest.MonkeyPatch,
    jobs: list[tuple[float, float]],
    begins: int,
    keep_days: int,
) -> None:
    """Whenever jobs came, however long they took, and wherever reading goes on."""
    # Given jobs that came some days ago and were over some days later
    with monkeypatch.context() as patch:
        broker = FakeBroker()
        broker.install(patch)
        history = History(broker)
        came = sorted((day for day, _ in jobs), reverse=True)
        over = sorted((max(day - took, 0) for day, took in jobs), reverse=True)
        history.append(SOURCE, *came)
        history.append(STATES, *over)

        # When it is asked from which state somebody reads who goes on at a record
        first = max(history.first(Reader(begins), keep_days=keep_days), 0)

    # Then all that were over so many days before that record, or later, are read
    at = came[begins] if begins < len(came) else 0
    assert all(day > at + keep_days for day in over[:first])
    # And none that were so much earlier that no question of this size could need them
    further = max(keep_days / 24, 4 * max(came[begins:], default=0))
    assert all(day <= further + keep_days + 1 for day in over[first:])
