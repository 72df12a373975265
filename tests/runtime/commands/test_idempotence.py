"""Commands in any order, as often as anybody likes, to owners that come and go: a property."""

from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st
from support.clock import ManualClock
from support.kafka.messages import envelope, message, submission
from support.rooms.handling import CARRIED

from headway.commands.answered import Answered, Ignored
from headway.commands.asking import Asking
from headway.commands.redriven import Redriven
from headway.commands.rule import Commands
from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.edges.kafka import Message
from headway.following.holdings import DEAD, Parked
from headway.following.jobindex import JobIndex
from headway.owning.offsets import OffsetTracker
from headway.owning.partition import OwnedPartition
from headway.taking.ownership import Ownership
from headway.taking.task import Outcome, Task
from headway.wire.carried import Carried, FirstPlace
from headway.wire.codec import Codec
from headway.wire.commands import Command
from headway.wire.records import StageRecords

_MOST = 3
_TOPICS = ("p1.dlq", "p1.retry.1", "p1.retry.2", "p1.retry.3")
_PIPELINE = Pipeline.load()
_RECORDS = StageRecords(Codec(), _PIPELINE, Catalog.load(), _PIPELINE.stages[0])

_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("retry"), st.integers(1, 6)),
        st.tuples(st.just("fail"), st.just(0)),
        st.tuples(st.just("die"), st.just(0)),
    ),
    max_size=40,
)


@dataclass
class _Job:
    """A job of p1 as the topics tell it: its newest attempt, and whether that has failed."""

    attempt: int = 1
    failed: bool = True
    letters: list[Message] = field(default_factory=list)
    opened: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._give_up()
        self.take_over()

    def read(self, topic: str, partition: int, offset: int) -> Message | None:
        """As the rule asks for a dead letter."""
        assert (topic, partition) == ("p1.dlq", 2)
        return self.letters[offset]

    def newest(self, topic: str, partition: int, key: bytes, lost: object) -> None:
        """No retry asks for it."""

    def holds(self, topic: str, partition: int, offset: int) -> bool:
        """No retry asks for it."""
        raise NotImplementedError

    def take_over(self) -> None:
        """Another owner, with an index made of the states."""
        jobs = JobIndex()
        if self.failed:
            jobs.settle("job-1", self.attempt)
            jobs.held.park("job-1", Parked(self.attempt, DEAD, len(self.letters) - 1))
        else:
            jobs.open("job-1", self.attempt, 7)
        self.lane = OwnedPartition("job-commands", 2, OffsetTracker(), orders=True, jobs=jobs)

    def fail(self) -> None:
        """The open attempt is given up."""
        if not self.failed:
            self.failed = True
            self._give_up()
            jobs = self.lane.jobs
            jobs.held.park("job-1", Parked(self.attempt, DEAD, len(self.letters) - 1))

    def command(self, rule: Commands, attempt: int) -> Outcome | None:
        """Somebody wants *attempt* sent back."""
        task = Task(self.lane, 0, message(), b"job-1", 0)
        task.command = Command("id", "retry", "job-1", attempt, "p1", "")
        outcome = rule.unopened(task)
        if isinstance(outcome, Redriven):
            self.opened.append(outcome.carried.envelope["attempt"])
            self.attempt, self.failed = self.attempt + 1, False
            outcome.committed(task, [9])
            self.lane.jobs.held.parked.pop("job-1")  # it was due, and is at work
        return outcome

    def _give_up(self) -> None:
        told = Carried({**envelope(), "attempt": self.attempt}, FirstPlace("jobs", 2, 7, 0))
        headers = [CARRIED.header(replace(told, error_class="Odd"))]
        self.letters.append(message(submission(), topic="p1.dlq", headers=[*headers]))


@settings(max_examples=200, deadline=None)
@given(steps=_STEPS)
def test_each_attempt_is_opened_once_and_only_where_the_one_before_has_failed(
    steps: list[tuple[str, int]],
) -> None:
    """Whatever is asked, how often and of whom: one attempt after another, up to the most."""
    # Given a job that has failed, and who executes commands for it
    job = _Job()
    rule = Commands(
        _PIPELINE.stages[0],
        _RECORDS,
        topics=_TOPICS,
        backoff=_PIPELINE.stages[0].retry,
        most_redrives=_MOST,
        asking=Asking(job, job, Ownership()),
        ownership=Ownership(),
        clock=ManualClock(),
        executing={},
    )

    for what, attempt in steps:
        if what == "fail":
            job.fail()
        elif what == "die":
            job.take_over()
        else:
            # When a retry is asked for, then it opens the next attempt if the newest one has failed
            newest, failed = job.attempt, job.failed
            may_open = failed and attempt == newest and attempt <= _MOST
            outcome = job.command(rule, attempt)
            assert isinstance(outcome, Redriven) is may_open
            # And else it changes nothing, and says yes only where that attempt is open already
            if not may_open:
                assert isinstance(outcome, Answered)
                assert not isinstance(outcome, Ignored)
                assert outcome.answer.accepted is (newest == attempt + 1)
                assert outcome.answer.reason

    # Then attempts were opened one after another, each once
    assert job.opened == list(range(2, job.attempt + 1))
