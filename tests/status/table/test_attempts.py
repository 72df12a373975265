"""Attempts in the table: the highest one counts, whatever the order in which records are read."""

import random

import pytest
from support.status.rows import WAITS

from status.table.draft import Draft, Write, counted
from status.table.merge import Report, merge_report, merge_state, merge_submission
from status.table.row import Row, queued_rank, rank_of

_STATES = (
    ("PROCESS_1_RUNNING", 1, 0, 30),
    ("PROCESS_1_DONE", 1, 1, 50),
    ("PROCESS_2_RUNNING", 2, 0, 70),
)
_ENDS = (("COMPLETED", 2, 100), ("FAILED", 2, 75), ("FAILED", 1, 45))


def test_a_job_handed_in_twice_is_shown_by_its_later_end() -> None:
    """Without its key it failed at once, in a partition of its own; with it, it has results."""
    # Given a failure that lies behind the whole life of the job
    failed, done = _end(_ENDS[2], attempt=1, origin=900), _end(_ENDS[0], attempt=1, origin=5)
    # When they are read in either order, then it is the later stage's end that counts
    assert _merged([failed, done]) == _merged([done, failed]) == done


@pytest.mark.parametrize("seed", range(60))
def test_any_order_of_the_states_of_any_attempts_ends_at_the_same_row(seed: int) -> None:
    """Repetitions too; it is the newest state of the highest attempt, or that one's end."""
    # Given what is said of some attempts, as it lies in the topics, each with a title of its own
    rng = random.Random(seed)
    attempts = range(1, rng.randint(2, 4))
    states = [row for attempt in attempts for row in (_submitted(attempt), *_life(rng, attempt))]
    # When they are merged in many orders, some of them more than once
    rows = {_merged(rng.sample(states, len(states)) + rng.choices(states, k=3)) for _ in range(50)}
    # Then there is one row, which is the one of their own order
    assert rows == {_merged(states)}


@pytest.mark.parametrize("seed", range(40))
def test_a_state_of_a_lower_attempt_never_changes_a_row(seed: int) -> None:
    """However far that attempt came."""
    # Given a row of a second attempt, and all that the first one said
    rng = random.Random(seed)
    row, earlier = rng.choice(_life(rng, 2)), _life(rng, 1)
    # When what it said comes late
    merged = [merge_state(row, state._replace(origin=10_000)) for state in earlier]
    # Then nothing changes
    assert merged == [None] * len(earlier)


@pytest.mark.parametrize("ended", _ENDS)
def test_the_end_of_an_attempt_is_final_within_it(ended: tuple[str, int, int]) -> None:
    """No state of any stage follows; an attempt ends once, since writers are fenced."""
    # Given an attempt that ended, and whatever else might be said of it later
    end = _end(ended, attempt=1, origin=5)
    later = [_state(state, 1, 6 + at) for at, state in enumerate(_STATES)]
    later.append(_submitted(1))
    # When that comes
    merged = [merge_state(end, state) for state in later]
    # Then nothing changes, and no report of it is waited for
    assert merged == [None] * len(later)
    assert merge_report(end, Report("j", rank_of(1, 2, 0), 80, ""), WAITS) is None


def test_running_again_replaces_the_end_of_the_attempt_before() -> None:
    """With the percent, title and time of submission of its own."""
    # Given a job that is over
    done = _end(_ENDS[0], attempt=1, origin=5)
    # When its second attempt is at work
    again = _state(_STATES[0], 2, 6)
    # Then that is the row
    assert merge_state(done, again) == again


def test_a_submission_of_a_higher_attempt_is_queued_and_of_a_lower_nothing() -> None:
    """The submitted record is the QUEUED state, of its attempt."""
    # Given a job whose second attempt is over
    done = _end(_ENDS[2], attempt=2, origin=5)
    # When all its attempts are submitted
    first, second, third = (merge_submission(done, _submitted(attempt)) for attempt in (1, 2, 3))
    # Then the third one alone is news
    assert (first, second, third) == (None, None, _submitted(3))


def test_a_draft_writes_a_job_that_is_opened_again_whole() -> None:
    """Title and time of submission may be others than those stored; the counts follow."""
    # Given a job that is over, and a report that came before its run
    done = _end(_ENDS[0], attempt=1, origin=5)
    running = _state(_STATES[0], 2, 7)
    draft = Draft({"j": done}, [Report("j", running.rank, 41, "row 4")], waiting=WAITS)
    # When the second attempt is at work
    draft.states([running])
    # Then its row is written whole, with what was reported
    assert draft.written(Write.WHOLE) == [running._replace(progress=41, note="row 4")]
    assert counted(draft.moves()) == {("COMPLETED", 2): -1, ("PROCESS_1_RUNNING", 1): 1}


@pytest.mark.parametrize("attempt", [1, 2, 3])
def test_a_report_counts_for_its_attempt_alone(attempt: int) -> None:
    """Two attempts may run the same stage, one after the other."""
    # Given a job whose second attempt is at work
    running = _state(_STATES[0], 2, 6)
    # When an attempt reports
    row = merge_report(running, Report("j", rank_of(attempt, 1, 0), 41, "row 4"), WAITS)
    # Then it counts if it is that one
    assert row == (running._replace(progress=41, note="row 4") if attempt == 2 else None)


def test_a_queued_attempt_is_not_running() -> None:
    """A report of no stage moves nothing, in any attempt."""
    # Given a job whose second attempt waits, when a report names no stage, then it says nothing
    assert merge_report(_submitted(2), Report("j", queued_rank(2), 41, ""), WAITS) is None


def _life(rng: random.Random, attempt: int) -> list[Row]:
    """What an attempt says, in order; stages may start over, and it may be on its way."""
    said = [state for state in _STATES for _ in range(rng.choice((1, 1, 2)))]
    said = said[: rng.randint(1, len(said))]
    states = [_state(state, attempt, 100 * attempt + at) for at, state in enumerate(said)]
    if rng.random() < 0.7:
        states += [
            _end(rng.choice(_ENDS), attempt=attempt, origin=100 * attempt + 50 + at)
            for at in range(rng.choice((1, 1, 2)))
        ]
    return states


def _merged(states: list[Row]) -> Row | None:
    row: Row | None = None
    for state in states:
        merge = merge_state if state.state else merge_submission
        row = merge(row, state) or row
    return row


def _state(state: tuple[str, int, int, int], attempt: int, origin: int) -> Row:
    status, stage, step, progress = state
    rank = rank_of(attempt, stage, step)
    return _row(attempt, rank, status, progress, origin)


def _end(ended: tuple[str, int, int], *, attempt: int, origin: int) -> Row:
    status, stage, progress = ended
    return _row(attempt, rank_of(attempt, stage, 1, final=True), status, progress, origin)


def _submitted(attempt: int) -> Row:
    return _row(attempt, queued_rank(attempt), "QUEUED", 0, 1)._replace(state=None)


def _row(attempt: int, rank: int, status: str, progress: int, origin: int) -> Row:
    title, submitted_at = f"data-{attempt}.csv", 1000 * attempt
    return Row("j", rank, status, progress, submitted_at, title, "", origin, b"state")
