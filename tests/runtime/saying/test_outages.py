"""An outage gives up nothing: what the cluster says of itself is no word about a record."""

import pytest
from support.rooms.trials import OTHERWISE, OUTAGE, frame_of

from headway.saying.trials import Trial, Trials
from headway.taking.task import Task


def test_an_outage_gives_up_nothing_however_long_it_lasts() -> None:
    """What the cluster says of itself is no word about a record."""
    # Given a frame of one record, and a cluster that is away
    refused: list[Task] = []
    trials = Trials(lambda task, _: refused.append(task))
    trial: Trial | None = Trial(frame_of(1))

    # When it is aborted a thousand times
    for _ in range(1000):
        assert trial is not None
        trials.aborted(trial, OUTAGE)
        trial = trials.take(idle=True)

    # Then it is still whole
    assert refused == []
    assert trial is not None
    assert len(trial.frame.tasks) == 1


def test_an_outage_without_a_code_of_its_own_gives_up_nothing_either() -> None:
    """Where nothing goes through, nothing can be blamed."""
    # Given a frame of two records, and aborts that say nothing
    refused: list[Task] = []
    trials = Trials(lambda task, _: refused.append(task))
    trials.aborted(Trial(frame_of(2)), OTHERWISE)

    # When whatever is said is aborted
    for _ in range(200):
        trial = trials.take(idle=True)
        assert trial is not None
        trials.aborted(trial, OTHERWISE)

    # Then nothing was given up
    assert refused == []


def test_aborts_of_the_cluster_itself_do_not_count_against_a_frame() -> None:
    """After an outage it is tried whole as often as before."""
    # Given a frame
    trials = Trials(lambda _task, _reason: pytest.fail("nothing is to be given up"))
    trial: Trial | None = Trial(frame_of(2))

    # When an outage aborts it twice, and something else once
    for error in (OUTAGE, OUTAGE, OTHERWISE):
        assert trial is not None
        trials.aborted(trial, error)
        trial = trials.take(idle=False)

    # Then it is still whole
    assert trial is not None
    assert [task.offset for task in trial.frame.tasks] == [0, 1]
