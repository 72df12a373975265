"""The stage gives a record up: a dead letter, and FAILED, which names the letter's place."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from headway.base.clock import Clock
from headway.base.errors import Abandoned, PermanentError, RecordRefused
from headway.base.words import class_name, message_of, trace_of
from headway.following.holdings import DEAD, Parked
from headway.outcomes.claims import Claims
from headway.outcomes.deadletter import Claim, letter
from headway.outcomes.dropped import Dropped
from headway.outcomes.rule import Rule
from headway.taking.ownership import Ownership
from headway.taking.task import Outcome, Task
from headway.wire.envelope import Envelope
from headway.wire.records import StageRecords
from headway.wire.route import Record, Route

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Failed(Outcome):
    """Why, in words that are bounded and encodable: nothing else that was said is met after this.

    `envelope` has FAILED as its last step; it is None where no job could be read or the job has a
    state already: then no FAILED is written.
    """

    label = "failed"
    end = "failed"

    error_class: str
    message: str
    retry_available: bool
    envelope: Envelope | None
    at: int
    claims: tuple[Claim, ...] = ()
    trace: str = ""

    @staticmethod
    def of(
        error: BaseException, *, envelope: Envelope | None, at: int, claims: tuple[Claim, ...] = ()
    ) -> "Failed":
        """Given up because of *error*; never raises, whatever the error is."""
        return Failed(
            error_class=class_name(error),
            message=message_of(error),
            retry_available=not issubclass(type(error), PermanentError),
            envelope=envelope,
            at=at,
            claims=claims,
            trace=trace_of(error),
        )

    @property
    def why(self) -> str:
        return self.error_class

    @property
    def detail(self) -> str:
        """What the job's timeline says of it."""
        return f"{self.error_class}: {self.message}"

    def job(self, _: Task) -> Envelope | None:
        return self.envelope

    def size_bytes(self, task: Task) -> int:
        return task.size_bytes

    def leading(self, task: Task, route: Route) -> Sequence[Record]:
        """The dead letter."""
        made = letter(task, self, route.origin, route.records.carried)
        index = task.partition.index
        return (Record(route.dead_letters, index, made.key, made.value, made.headers),)

    def records(self, task: Task, route: Route, offsets: Sequence[int]) -> Iterator[Record]:
        """FAILED, if there is a job to say it of."""
        if self.envelope is None:
            return
        index = task.partition.index
        (offset,) = offsets
        error = {
            "stage": route.origin.stage,
            "error_class": self.error_class,
            "message": self.message,
            "retry_available": self.retry_available,
            "dead_letter": {"topic": route.dead_letters, "partition": index, "offset": offset},
        }
        state = route.records.states.failed(self.envelope, self.at, error, reached=task.reached)
        yield Record(route.state, index, self.envelope["job_id"].encode(), state)

    def committed(self, task: Task, offsets: Sequence[int]) -> None:
        """A command may send it back."""
        if self.envelope is not None:
            (offset,) = offsets
            parked = Parked(self.envelope["attempt"], DEAD, offset)
            task.partition.jobs.held.park(self.envelope["job_id"], parked)


class Failing(Rule):
    """The last to be asked: whatever went wrong is a failure of that record alone."""

    label = Failed.label

    def __init__(
        self, records: StageRecords, claims: Claims, ownership: Ownership, *, clock: Clock
    ) -> None:
        self._records = records
        self._claims = claims
        self._ownership = ownership
        self._clock = clock

    def raised(
        self, task: Task, envelope: Envelope | None, error: BaseException
    ) -> Failed | Dropped:
        """Given up because of *error*, with what its dead letter cannot carry stored; blocks.

        Dropped, if the work went to another owner while the store was away.
        """
        if envelope is None:
            failed = self._undecodable(task, error)
        else:
            failed = self._given_up(task, envelope, error)
        try:
            claims = self._claims.of(task, partial(self._ownership.pause, task))
        except Abandoned:
            return Dropped()
        except BaseException:  # a claim is less than the failure it is for
            logger.exception("claim.failed", extra={"offset": task.offset})
            return failed
        return replace(failed, claims=claims)

    def certain(self, task: Task, error: BaseException) -> Failed:
        """A failure without anything that could go wrong; never raises."""
        return self._failed(task, task.envelope, error)

    def refuse(self, task: Task, reason: str) -> None:
        """Give *task* up because the cluster does not take what there is to say of it."""
        error = RecordRefused(
            f"Kafka does not take what {self._records.stage_name} has to say of this job: {reason}"
        )
        logger.error("job.refused", extra={"offset": task.offset, "error": str(error)})
        # One that was not to begin yet has no envelope of its own.
        job = task.envelope or (task.outcome.job(task) if task.outcome else None)
        task.outcome = self._failed(task, job, error)

    def _failed(self, task: Task, envelope: Envelope | None, error: BaseException) -> Failed:
        failed = Failed.of(error, envelope=None, at=self._clock.now_ms())
        if envelope is None:
            return failed
        states = self._records.states
        told = states.failure(envelope, failed.at, failed.detail, began=task.started_at)
        return replace(failed, envelope=told)

    def _given_up(self, task: Task, envelope: Envelope, error: BaseException) -> Failed:
        failed = self._failed(task, envelope, error)
        logger.log(
            logging.ERROR if failed.retry_available else logging.INFO,
            "job.failed",
            extra={
                "job_id": envelope["job_id"],
                "offset": task.offset,
                "error_class": failed.error_class,
                "error": failed.message,
            },
            exc_info=error if failed.retry_available else None,
        )
        return failed

    def _undecodable(self, task: Task, error: BaseException) -> Failed:
        envelope = None if task.duplicate else self._records.fallback(task.message)
        failed = self._failed(task, envelope, error)
        logger.warning(
            "record.undecodable",
            extra={
                "partition": task.partition.index,
                "offset": task.offset,
                "error": failed.message,
            },
        )
        return failed
