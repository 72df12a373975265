"""Aborted frames: tried again, halved, and the one record that spoils them given up."""

import random

import pytest
from support.rooms.trials import OTHERWISE, ended_job, frame_of

from headway.saying.fate import FrameAborted
from headway.saying.frame import Frame
from headway.saying.trials import Trial, Trials
from headway.taking.task import Task


class _World:
    """Says what *trials* give, refusing every frame that holds a task of *bad*."""

    def __init__(self, bad: set[int]) -> None:
        self.refused: list[Task] = []
        self.trials = Trials(self._refuse)
        self.said: list[int] = []
        self.rounds = 0
        self.bad = bad

    def _refuse(self, refused: Task, _reason: str) -> None:
        self.refused.append(refused)
        self.bad.discard(refused.offset)

    def run(self, frame: Frame) -> None:
        self._say(Trial(frame))
        while (trial := self.trials.take(idle=True)) is not None:
            self.rounds += 1
            assert self.rounds < 1000, "it goes on for ever"
            self._say(trial)

    def _say(self, trial: Trial) -> None:
        offsets = [task.offset for task in trial.frame.tasks]
        if self.bad.intersection(offsets):
            self.trials.aborted(trial, OTHERWISE)
        else:
            self.said += offsets
            self.trials.committed()


def _waiting(trials: Trials) -> list[list[int]]:
    return [[task.offset for task in frame.tasks] for frame in trials.frames()]


@pytest.mark.parametrize("seed", range(20))
def test_records_that_spoil_a_frame_are_found_among_any_number_of_others(seed: int) -> None:
    """Each is given up alone; every other record goes through as it is, once."""
    # Given a frame in which some records are refused
    draw = random.Random(seed)
    count = draw.randrange(1, 300)
    bad = set(draw.sample(range(count), min(count, draw.randrange(4))))

    # When it is said until nothing is left
    world = _World(set(bad))
    world.run(frame_of(count))

    # Then exactly those were given up, and all are said
    assert {task.offset for task in world.refused} == bad
    assert sorted(world.said) == list(range(count))


def test_a_lone_record_is_given_up_only_after_a_frame_of_offsets_went_through() -> None:
    """Where there is no neighbour, the cluster is asked whether it takes anything at all."""
    # Given the only record of a stage, refused without a reason that names it
    refused: list[Task] = []
    trials = Trials(lambda task, _: refused.append(task))
    frame = frame_of(1)
    trials.aborted(Trial(frame), OTHERWISE)
    for _ in range(2):
        trial = trials.take(idle=True)
        assert trial is not None
        trials.aborted(trial, OTHERWISE)

    # When the next thing said is a frame of offsets alone, it is not given up yet
    probe = trials.take(idle=True)
    assert probe is not None
    assert (probe.frame.tasks, probe.frame.counted) == ([], frame.tasks)
    assert refused == []

    # Then it is once that frame went through and the record still does not
    trials.committed()
    lone = trials.take(idle=True)
    assert lone is not None
    trials.aborted(lone, OTHERWISE)
    assert refused == frame.tasks


def test_a_record_that_is_known_to_be_refused_is_given_up_at_once() -> None:
    """The client names it: no halving is needed."""
    # Given a frame of which one record is too large for the client
    refused: list[Task] = []
    trials = Trials(lambda task, _: refused.append(task))
    frame = frame_of(5)
    bad = frame.tasks[3]

    # When it is aborted for that
    trials.aborted(Trial(frame), FrameAborted("too large", refused=[bad]))

    # Then that one is given up and the frame said again whole
    assert refused == [bad]
    trial = trials.take(idle=False)
    assert trial is not None
    assert trial.frame is frame


def test_a_running_state_that_is_refused_is_left_out() -> None:
    """The end of the job is told in any case."""
    # Given a frame of one RUNNING state
    trials = Trials(lambda _task, _reason: pytest.fail("there is nothing to give up"))
    frame, at_work = Frame(), ended_job(1)
    frame.announce(at_work, b"running")
    trials.aborted(Trial(frame), OTHERWISE)

    # When it is aborted again and again
    while (trial := trials.take(idle=True)) is not None:
        trials.aborted(trial, OTHERWISE)

    # Then it is gone
    assert not trials


def test_a_frame_is_tried_whole_once_more_before_it_is_halved() -> None:
    """Most reasons pass by themselves; a record that does not pass costs two frames, not three."""
    # Given a frame of four records that was aborted without a reason that names one
    trials = Trials(lambda _task, _reason: pytest.fail("nothing is to be given up"))
    frame = frame_of(4)
    trials.aborted(Trial(frame), OTHERWISE)

    # When it is said again, it is whole, and halved only after one abort more
    again = trials.take(idle=False)
    assert again is not None
    assert again.frame is frame
    trials.aborted(again, OTHERWISE)

    # Then its halves come in order, and one abort more halves a half again
    assert _waiting(trials) == [[0, 1], [2, 3]]
    first_half = trials.take(idle=False)
    assert first_half is not None
    trials.aborted(first_half, OTHERWISE)
    assert _waiting(trials) == [[0], [1], [2, 3]]


def test_a_record_that_stands_alone_is_refused_at_its_third_abort_with_the_last_reason() -> None:
    """Not sooner, while its neighbours go through; and its job is told why."""
    # Given a lone record beside others that go through
    refused: list[tuple[Task, str]] = []
    trials = Trials(lambda task, reason: refused.append((task, reason)))
    trial: Trial | None = Trial(frame_of(1))

    # When it is aborted each time
    aborts = 0
    while not refused:
        assert trial is not None
        trials.aborted(trial, FrameAborted(f"abort {(aborts := aborts + 1)}"))
        trials.committed()
        trial = trials.take(idle=False)

    # Then the third was the last, and the record is said once more in its new form
    assert [reason for _, reason in refused] == ["abort 3"]
    assert trial is not None
    assert trial.frame.tasks == [refused[0][0]]
    assert not trials


def test_a_record_that_stands_alone_waits_until_others_have_gone_through() -> None:
    """It never holds up its neighbours, and is tried again only when something has changed."""
    # Given a lone record that was aborted, and nothing else that went through
    trials = Trials(lambda _task, _reason: pytest.fail("nothing is to be given up"))
    trial = Trial(frame_of(1))
    trials.aborted(trial, OTHERWISE)

    # When others are to be said, then it waits; not when there is nothing else to do
    assert trials.take(idle=False) is None
    assert trials.take(idle=True) is trial
    trials.aborted(trial, OTHERWISE)
    assert trials.take(idle=False) is None

    # And once another has gone through, it is its turn
    trials.committed()
    assert trials.take(idle=False) is trial


def test_what_could_not_be_said_just_now_is_the_first_to_be_said_again() -> None:
    """The order of a partition's records is kept."""
    # Given the two halves of a frame, the first of which was taken
    trials = Trials(lambda _task, _reason: pytest.fail("nothing is to be given up"))
    trials.aborted(Trial(frame_of(2), aborts=1), OTHERWISE)
    first = trials.take(idle=False)
    assert first is not None

    # When it is put back, then it is before the other again
    trials.put_back(first)
    assert _waiting(trials) == [[0], [1]]


def test_what_waits_is_forgotten_when_all_is_to_be_done_again() -> None:
    """A lost producer leaves nothing to be said twice."""
    # Given one record that stands alone and one frame that waits
    trials = Trials(lambda _task, _reason: pytest.fail("nothing is to be given up"))
    trials.aborted(Trial(frame_of(1)), OTHERWISE)
    trials.put_back(Trial(frame_of(2)))
    assert len(trials.frames()) == 2

    # When it is cleared, then nothing is left
    trials.clear()
    assert not trials
    assert trials.take(idle=True) is None
