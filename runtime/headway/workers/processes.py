"""A handler that calls another in worker processes, one for each thread that may call it."""

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Empty, LifoQueue
from typing import Final, Self

from headway.base.clock import Clock, SystemClock
from headway.base.errors import (
    Abandoned,
    Cancelled,
    SettingsError,
    StageHalted,
    TimedOut,
    WorkerCrashed,
)
from headway.declared.handler import Context, Done, Job
from headway.declared.pipeline import Pipeline
from headway.declared.stage import StageSettings
from headway.edges.openfiles import raise_file_limit
from headway.observing import metrics
from headway.workers.plan import Plan
from headway.workers.scratch import Scratch
from headway.workers.worker import StartFailed, Worker

logger = logging.getLogger(__name__)

#: Pauses after a process did not come up double from the first to the last.
_PAUSE_SECONDS: Final = 0.5
_LONGEST_PAUSE_SECONDS: Final = 30.0
#: A channel and a lifeline.
_FILES_EACH: Final = 2
#: The brokers of a cluster, the client's pipes, health checks, a process being started.
_OWN_FILES: Final = 128
_REASONS: Final[dict[type[BaseException], str]] = {
    WorkerCrashed: "crashed",
    TimedOut: "timed_out",
    Abandoned: "abandoned",
    Cancelled: "cancelled",
}


def in_processes(reference: str, settings: StageSettings, *, stage: str) -> "InProcesses":
    """A handler for *stage* that calls the one that `reference(settings)` makes, elsewhere.

    *reference* is `module:function`; it is imported and called in each worker process, never
    here: what it imports cannot crash, block or bloat the stage.
    """
    label = Pipeline.load().stage(stage).label
    return InProcesses(Plan(stage, label, reference, settings))


class InProcesses:
    """The handler; entered before the first job and left after the last.

    A call that crashes its process raises WorkerCrashed, one over `HANDLER_SECONDS` TimedOut;
    in both cases, and when the job is not ours any more, the process is ended and replaced.
    """

    def __init__(self, plan: Plan, *, clock: Clock | None = None) -> None:
        self.plan = self._plan = plan
        self._clock = clock or SystemClock()
        self._closed = threading.Event()
        self._first = threading.Event()
        self._fault: StartFailed | None = None

    def __enter__(self) -> Self:
        """Start the processes; wait for the first, the others come up meanwhile.

        Raises:
            SettingsError: so says the handler's making.
            StageHalted: it failed otherwise.
        """
        settings = self._plan.settings
        _check_files(settings.concurrency)
        self._scratch = Scratch(self._plan.stage, settings)
        self._workers = [
            Worker(self._plan, self._scratch.folder / str(number), clock=self._clock)
            for number in range(settings.concurrency)
        ]
        self._idle: LifoQueue[Worker] = LifoQueue()
        cold: LifoQueue[Worker] = LifoQueue()
        for worker in self._workers:
            cold.put(worker)
        for _ in range(min(settings.concurrency, os.cpu_count() or 1)):
            threading.Thread(target=self._warm, args=(cold,), name="warming", daemon=True).start()
        self._first.wait()
        if self._fault is not None and not any(worker.alive for worker in self._workers):
            self.__exit__()
            raise _refusal(self._fault) from self._fault
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes, and whatever they are at."""
        self._closed.set()
        for worker in self._workers:
            worker.kill()  # whoever uses one just now ends it
        with suppress(Empty):
            while True:
                self._idle.get_nowait().end()
        self._scratch.close()

    def __call__(self, job: Job, context: Context) -> Done:
        with self._worker(job, context) as worker:
            answer = worker.run(job, context, self._plan.settings.handler_seconds)
        if isinstance(answer, Done):
            return answer
        raise answer

    @contextmanager
    def _worker(self, job: Job, context: Context) -> Iterator[Worker]:
        """A worker that lives; whatever is raised while it is used ends it."""
        worker = self._idle.get()
        try:
            self._revive(worker, context)
            yield worker
        except BaseException as error:
            self._end(worker, _REASONS.get(type(error), "broken"), job.job_id)
            raise
        finally:
            self._idle.put(worker)

    def _revive(self, worker: Worker, context: Context) -> None:
        """Start its process if it has none; as long as none comes up, the job waits."""
        pause = _PAUSE_SECONDS
        if not worker.alive:
            self._end(worker, "idle")
        while not worker.alive:
            try:
                worker.start()
            except StartFailed as error:
                self._tell(error, pause)
                self._wait(pause, context)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def _end(self, worker: Worker, reason: str, job_id: str | None = None) -> None:
        pid, code = worker.pid, worker.end()
        if pid is not None:
            metrics.WORKERS_ENDED.labels(self._plan.stage, reason).inc()
            extra = {"job_id": job_id, "reason": reason, "pid": pid, "exit_code": code}
            logger.warning("worker.ended", extra=extra)

    def _wait(self, seconds: float, context: Context) -> None:
        deadline = self._clock.monotonic() + seconds
        while self._clock.monotonic() < deadline:
            if self._closed.wait(_PAUSE_SECONDS):
                raise Abandoned("the stage ends")
            context.check()

    def _warm(self, cold: LifoQueue[Worker]) -> None:
        while not self._closed.is_set():
            try:
                worker = cold.get_nowait()
            except Empty:
                return
            try:
                worker.start()
            except StartFailed as error:
                if not self._first.is_set():
                    self._fault = error
                self._tell(error, 0)
            self._idle.put(worker)
            self._first.set()

    def _tell(self, error: StartFailed, pause: float) -> None:
        metrics.WORKERS_ENDED.labels(self._plan.stage, "not_started").inc()
        extra = {"error": str(error), "again_in_seconds": pause}
        logger.error("worker.start_failed", extra=extra)


def _refusal(fault: StartFailed) -> Exception:
    if isinstance(fault.raised, SettingsError):
        return fault.raised
    return StageHalted(f"the handler cannot be made: {fault}")


def _check_files(workers: int) -> None:
    limit = raise_file_limit()
    if workers * _FILES_EACH + _OWN_FILES > limit:
        raise SettingsError(
            f"CONCURRENCY: {workers} worker processes need {workers * _FILES_EACH + _OWN_FILES} "
            f"open files, the limit is {limit}; raise it (ulimit -n) or lower CONCURRENCY"
        )
