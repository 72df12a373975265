"""What a stage has to say, until it is said: frames are gathered, handed over, tried again."""

import logging
from collections.abc import Callable, Iterable
from typing import Final

from headway.base.clock import Clock
from headway.edges import kafka
from headway.edges.kafka import generation
from headway.owning.assignment import Assignment
from headway.owning.flow import Flow
from headway.owning.place import Place
from headway.saying import traces
from headway.saying.committer import Aborted, Committed, Committer, Lost, Opened, Result
from headway.saying.frame import Frame
from headway.saying.transaction import Commit
from headway.saying.trials import Refuse, Trial, Trials
from headway.taking.task import Task

logger = logging.getLogger(__name__)

_NO_PRODUCER: Final = "no producer: the cluster does not answer or refuses it"
#: Pauses after aborted frames double from the first to the last.
_BACKOFF_SECONDS: Final = 0.05
_LONGEST_BACKOFF_SECONDS: Final = 2.0


class Saying:
    """Frames from the first outcome to their commit; for the loop's thread, which never waits.

    *refuse* gives up a task whose records the cluster does not take. *told* hears how each frame
    ended, and after how many seconds.
    """

    def __init__(
        self,
        committer: Committer[Frame],
        consumer: kafka.Consumer,
        assignment: Assignment,
        flow: Flow,
        *,
        refuse: Refuse,
        told: Callable[[str, float | None], None],
        clock: Clock,
    ) -> None:
        self._committer = committer
        self._consumer = consumer
        self._assignment = assignment
        self._flow = flow
        self._no_producer = flow.reason("no producer", unready=_NO_PRODUCER)
        self._told = told
        self._clock = clock
        self._gathering = Frame()
        self._trials = Trials(refuse)
        self._out: Trial | None = None
        self._retry_at = 0.0
        #: Whether a producer was lost, and what is committed has not been read since.
        self._anew = False
        #: Frames handed over, and those whose fate is known: nothing of them can come later.
        self.begun = self.ended = 0
        #: How many frames were aborted in a row.
        self.aborted = 0
        #: Called with each frame that was committed.
        self.on_commit: Callable[[Frame], None] = _ignore

    def open(self) -> None:
        """Begin to open a producer; until it is there everything is paused."""
        self._no_producer.pause()
        self._committer.open()

    def close(self) -> None:
        """Say nothing more; waits for nothing."""
        self._committer.close()

    @property
    def reopened(self) -> bool:
        """Whether another producer has taken the place of one that was lost.

        Only now nothing the lost one was told can still be committed: it is barred, and its
        transaction has ended. So only now may what is committed be read; `go_on` follows.
        """
        return self._anew and self._committer.ready

    def go_on(self) -> None:
        """Everything is read anew: what was taken before is dropped, what comes is said."""
        self.forget()
        self._anew = False
        self._no_producer.resume()

    @property
    def under_way(self) -> bool:
        """Whether a frame is being said just now."""
        return self._out is not None

    @property
    def waits(self) -> bool:
        """Whether there is anything that is not said yet."""
        return bool(self._gathering or self._trials or self._out)

    @property
    def trouble(self) -> str | None:
        """Why nothing gets through; None if all does."""
        return f"{self.aborted} frames aborted in a row" if self.aborted else None

    def settle(self, ended: Iterable[Task]) -> None:
        """Take in tasks that have ended; those that are dropped make room at once."""
        before = self._gathering.size_bytes
        for task in ended:
            more = self._gathering.settle(task)
            if more is None:
                self._flow.free(1, task.size_bytes)
            else:
                task.size_bytes += more
        self._flow.grow(self._gathering.size_bytes - before)

    def announce(self, task: Task, state: bytes) -> None:
        """Take in that the handler of *task* is at work."""
        self._gathering.announce(task, state)

    def count(self, tasks: Iterable[Task]) -> None:
        """Have the deliveries of *tasks* committed; their trackers know them already."""
        self._gathering.counted += tasks

    def turn(self) -> Lost | None:
        """Take note of what was said and hand over what comes next; what was lost, if it was."""
        result = self._committer.result()
        if result is not None:
            self._note(result)
        if self._may_speak and self._clock.monotonic() >= self._retry_at:
            self._say_next()
        return result if isinstance(result, Lost) else None

    def last_word(self, released: frozenset[Place]) -> bool:
        """Hand over what is left, as the last that is said of the *released* partitions.

        False if it has to be called again: something is being said, or more is left.
        """
        if not self._may_speak:
            return False
        self._retry_at = 0.0
        if self._gathering.fits and not self._trials:
            self._say(Trial(self._gathering.cut()), released)
            return True
        self._say_next()
        return False

    def wait(self, seconds: float) -> None:
        """Wait for what comes of the frame under way, for *seconds* at most."""
        self._committer.wait(seconds)

    def forget(self) -> None:
        """Drop everything: it will be read and done again."""
        for frame in (*self._trials.frames(), self._gathering):
            self._free(frame.tasks)
        self._trials.clear()
        self._gathering, self._out = Frame(), None

    @property
    def _may_speak(self) -> bool:
        return self._committer.ready and not self._anew

    def _say_next(self) -> None:
        trial = self._trials.take(idle=not self._gathering)
        if trial is None and self._gathering:
            trial = Trial(self._gathering.cut())
        if trial is not None:
            self._say(trial)

    def _say(self, trial: Trial, released: frozenset[Place] = frozenset()) -> None:
        """Hand a frame over, less what was lost meanwhile and what is not so any more."""
        frame = trial.frame
        self._free(frame.drop_lost())
        frame.drop_ended()
        offsets = self._assignment.offsets(frame.partitions(), released)
        if not offsets:
            return
        metadata = self._consumer.consumer_group_metadata()
        if generation(metadata) < 0:
            self._trials.put_back(trial)  # no member just now: the next polls tell what is lost
            return
        self._out = trial
        self.begun += 1
        self._committer.say(frame, Commit(offsets, metadata))

    def _note(self, result: Result[Frame]) -> None:
        trial, self._out = self._out, None
        if not isinstance(result, Lost):
            self.ended = self.begun  # a lost producer's frames are barred by the next one's opening
        match result:
            case Opened() if not self._anew:
                self._no_producer.resume()
            case Committed(frame, seconds):
                self._note_committed(frame, seconds)
            case Aborted(_, error) if trial is not None:
                self.aborted += 1
                self._back_off()
                told = {
                    "error": str(error),
                    "in_a_row": self.aborted,
                    "tasks": len(trial.frame.tasks),
                }
                logger.warning("frame.aborted", extra=told)
                traces.aborted(trial.frame)
                self._told("aborted", None)
                self._trials.aborted(trial, error)
            case Lost():
                self._anew = True
                self._told("fatal", None)
                if trial is not None:
                    self._free(trial.frame.tasks)
                self.forget()

    def _note_committed(self, frame: Frame, seconds: float) -> None:
        for task in frame.tasks:
            task.partition.offsets.finish(task.offset)
            if task.trace is not None:
                traces.committed(task, frame)
        for task, _ in frame.running.values():
            task.told = True
        for task, offsets in frame.led.items():
            if task.outcome is not None:
                task.outcome.committed(task, offsets)
        self._free(frame.tasks)
        self.aborted = 0
        self._trials.committed()
        self._told("committed", seconds)
        self.on_commit(frame)

    def _back_off(self) -> None:
        pause = min(_BACKOFF_SECONDS * 2.0 ** (self.aborted - 1), _LONGEST_BACKOFF_SECONDS)
        self._retry_at = self._clock.monotonic() + pause

    def _free(self, tasks: list[Task]) -> None:
        if tasks:
            self._flow.free(len(tasks), sum(task.size_bytes for task in tasks))


def _ignore(_: Frame) -> None:
    """Nobody wants to know."""
