"""One task in one worker: open the record, call the handler, encode what is to be said.

Everything that can go wrong with a record goes wrong here and becomes an outcome; nothing is
raised, so no record can stop a worker or a partition.
"""

import logging
import threading
from dataclasses import replace
from functools import partial

from headway.base.clock import Clock
from headway.base.errors import Abandoned, RecordRefused
from headway.base.words import MOST_NOTE_CHARACTERS, bounded
from headway.declared.handler import Done, Job
from headway.declared.pipeline import StageDeclaration
from headway.declared.stage import Stage
from headway.observing import metrics
from headway.outcomes.claims import Claims
from headway.taking.task import Dropped, Duplicate, Failed, Finished, Outcome, Task
from headway.wire.envelope import Envelope
from headway.wire.records import StageRecords

logger = logging.getLogger(__name__)


class Execution:
    """How this stage's workers treat a task; shared by all of them.

    `stopping` ends pauses between calls: a task caught in one is dropped, and redone by
    whoever owns the partition next.
    """

    def __init__(
        self,
        stage: Stage,
        declaration: StageDeclaration,
        records: StageRecords,
        *,
        claims: Claims,
        clock: Clock,
    ) -> None:
        self.stopping = threading.Event()
        self._stage = stage
        self._declaration = declaration
        self._records = records
        self._claims = claims
        self._clock = clock
        self._seconds = metrics.HANDLER_SECONDS.labels(stage.name)
        self._retries = metrics.RETRIES.labels(stage.name)

    def run(self, task: Task) -> Outcome:
        """What became of *task*; blocks as long as the handler and its repeats take.

        Never raises: a thread that did would be gone, and its task with it.
        """
        try:
            outcome = self._run(task)
            return self._claimed(task, outcome) if isinstance(outcome, Failed) else outcome
        except BaseException as error:  # noqa: BLE001 - whatever was forgotten costs one job
            return Failed.of(error, envelope=task.envelope, at=self._clock.now_ms())

    def _run(self, task: Task) -> Outcome:
        if self._over(task):
            return Dropped()
        try:
            envelope, payload = self._records.open(task.message)
        except BaseException as error:  # noqa: BLE001 - memory may end in the middle of a record
            return self._undecodable(task, task.given_up or error)
        if task.duplicate:
            return Duplicate()
        if task.given_up is not None:
            return self._given_up(task, envelope, task.given_up)
        job = Job(envelope["job_id"], envelope["attempt"], envelope["title"], payload)
        return self._handled(task, envelope, job)

    def _claimed(self, task: Task, failed: Failed) -> Outcome:
        """*failed*, with what its dead letter cannot carry stored."""
        try:
            return replace(failed, claims=self._claims.of(task, partial(self._pause, task)))
        except Abandoned:
            return Dropped()
        except BaseException:  # a claim is less than the failure it is for
            logger.exception("claim.failed", extra={"offset": task.offset})
            return failed

    def _pause(self, task: Task, seconds: float) -> bool:
        """Wait; true if the work is not ours any more."""
        return self.stopping.wait(seconds) or task.partition.lost

    @property
    def stage_name(self) -> str:
        return self._declaration.name

    def refuse(self, task: Task, reason: str) -> None:
        """Give *task* up because the cluster does not take what there is to say of it."""
        error = RecordRefused(
            f"Kafka does not take what {self._declaration.name} has to say of this job: {reason}"
        )
        logger.error("job.refused", extra={"offset": task.offset, "error": str(error)})
        task.outcome = Failed.of(error, envelope=task.envelope, at=self._clock.now_ms())

    def _handled(self, task: Task, envelope: Envelope, job: Job) -> Outcome:
        task.started_at = self._clock.now_ms()
        task.started_monotonic = self._clock.monotonic()
        task.envelope = envelope
        calls = 0
        while True:
            calls += 1
            try:
                done = self._called(task, job)
            except BaseException as error:  # noqa: BLE001 - Rust libraries panic outside Exception
                # Where nothing was lost, Abandoned is the handler's own mistake: dropped, the
                # job would stay undone for ever.
                if isinstance(error, Abandoned) and self._over(task):
                    return Dropped()
                pause = self._stage.retry.pause_seconds(error, calls)
                if pause is None:
                    return self._given_up(task, envelope, error)
                self._retries.inc()
                if self._pause(task, pause):
                    return Dropped()
            else:
                return self._finished(task, envelope, done)

    def _called(self, task: Task, job: Job) -> Done:
        began = self._clock.monotonic()
        done: Done = self._stage.handler(job, _Context(task, self._declaration))
        self._seconds.observe(self._clock.monotonic() - began)
        return done

    def _finished(self, task: Task, envelope: Envelope, done: Done) -> Outcome:
        at = self._clock.now_ms()
        try:
            return Finished(*self._records.finished(envelope, done, task.started_at, at))
        except BaseException as error:  # noqa: BLE001 - the values are the handler's
            # Another call would return the same: what it returns does not fit, not how it ran.
            return self._given_up(task, envelope, error)

    def _given_up(self, task: Task, envelope: Envelope, error: BaseException) -> Failed:
        failed = Failed.of(error, envelope=envelope, at=self._clock.now_ms())
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
        failed = Failed.of(error, envelope=envelope, at=self._clock.now_ms())
        logger.warning(
            "record.undecodable",
            extra={
                "partition": task.partition.index,
                "offset": task.offset,
                "error": failed.message,
            },
        )
        return failed

    def _over(self, task: Task) -> bool:
        return task.partition.lost or self.stopping.is_set()


class _Context:
    """What a handler sees of its task; an assignment of a tuple is all a report costs."""

    __slots__ = ("_declaration", "_task")

    def __init__(self, task: Task, declaration: StageDeclaration) -> None:
        self._task = task
        self._declaration = declaration

    @property
    def idempotency_key(self) -> str:
        return f"{self._task.key.decode()}/{self._declaration.name}"

    def check(self) -> None:
        if self._task.partition.lost:
            raise Abandoned(f"partition {self._task.partition.index} went to another instance")

    def report(self, fraction: float, note: str = "") -> None:
        self.check()
        percent = self._declaration.percent(float(fraction))
        self._task.progress = (percent, bounded(note, MOST_NOTE_CHARACTERS))
