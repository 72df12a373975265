"""One task in one worker: open the record, call the handler, encode what is to be said.

Everything that can go wrong with a record goes wrong here and becomes an outcome; nothing is
raised, so no record can stop a worker or a partition.
"""

import logging
import threading

from headway import metrics
from headway.clock import Clock
from headway.envelope import Envelope
from headway.errors import Abandoned, PermanentError
from headway.handler import Done, Job
from headway.pipeline import StageDeclaration
from headway.records import StageRecords
from headway.stage import Stage
from headway.tasks import Dropped, Duplicate, Failed, Finished, Outcome, Task

logger = logging.getLogger(__name__)


class Execution:
    """How this stage's workers treat a task; shared by all of them.

    `stopping` ends pauses between calls: a task caught in one is dropped, and redone by
    whoever owns the partition next.
    """

    def __init__(
        self, stage: Stage, declaration: StageDeclaration, records: StageRecords, *, clock: Clock
    ) -> None:
        self.stopping = threading.Event()
        self._stage = stage
        self._declaration = declaration
        self._records = records
        self._clock = clock
        self._seconds = metrics.HANDLER_SECONDS.labels(stage.name)
        self._retries = metrics.RETRIES.labels(stage.name)

    def run(self, task: Task) -> Outcome:
        """What became of *task*; blocks as long as the handler and its repeats take."""
        if task.partition.lost or self.stopping.is_set():
            return Dropped()
        try:
            envelope, payload = self._records.open(task.message)
        except PermanentError as error:
            return self._undecodable(task, error)
        if task.duplicate:
            return Duplicate()
        return self._handled(
            task, envelope, Job(envelope["job_id"], envelope["attempt"], envelope["title"], payload)
        )

    def _handled(self, task: Task, envelope: Envelope, job: Job) -> Outcome:
        task.started_at = self._clock.now_ms()
        task.started_monotonic = self._clock.monotonic()
        task.envelope = envelope
        calls = 0
        while True:
            calls += 1
            try:
                return self._called(task, envelope, job)
            except Abandoned:
                return Dropped()
            except BaseException as error:  # noqa: BLE001 - Rust libraries panic outside Exception
                pause = self._stage.retry.pause_seconds(error, calls)
                if pause is None:
                    return self._given_up(task, envelope, error)
                self._retries.inc()
                if self.stopping.wait(pause) or task.partition.lost:
                    return Dropped()

    def _called(self, task: Task, envelope: Envelope, job: Job) -> Finished:
        began = self._clock.monotonic()
        done: Done = self._stage.handler(job, _Context(task, self._declaration))
        self._seconds.observe(self._clock.monotonic() - began)
        at = self._clock.now_ms()
        return Finished(*self._records.finished(envelope, done, task.started_at, at))

    def _given_up(self, task: Task, envelope: Envelope, error: BaseException) -> Failed:
        permanent = isinstance(error, PermanentError)
        logger.log(
            logging.INFO if permanent else logging.ERROR,
            "job.failed",
            extra={"job_id": envelope["job_id"], "offset": task.offset, "error": str(error)},
            exc_info=None if permanent else error,
        )
        return Failed(error, not permanent, envelope, self._clock.now_ms())

    def _undecodable(self, task: Task, error: PermanentError) -> Failed:
        logger.warning(
            "record.undecodable",
            extra={
                "partition": task.partition.index,
                "offset": task.offset,
                "error": str(error),
            },
        )
        envelope = None if task.duplicate else self._records.fallback(task.message)
        return Failed(error, retry_available=False, envelope=envelope, at=self._clock.now_ms())


class _Context:
    """What a handler sees of its task; an assignment of a tuple is all a report costs."""

    __slots__ = ("_declaration", "_task")

    def __init__(self, task: Task, declaration: StageDeclaration) -> None:
        self._task = task
        self._declaration = declaration

    @property
    def idempotency_key(self) -> str:
        return f"{self._task.key.decode()}/{self._declaration.name}"

    def report(self, fraction: float, note: str = "") -> None:
        if self._task.partition.lost:
            raise Abandoned(f"partition {self._task.partition.index} went to another instance")
        self._task.progress = (self._declaration.percent(fraction), note)
