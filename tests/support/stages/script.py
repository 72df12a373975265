"""A handler in this process that a test holds, releases and fails."""

import threading
import time
from collections import Counter

from support.kafka.payloads import payload_of
from support.waiting import DEADLINE_SECONDS, wait_until

from headway.declared.handler import Context, Done, Job


class Script:
    """A handler that does at once what every job asks, but for those a test holds or fails."""

    def __init__(self, stage: str) -> None:
        self.calls: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()
        #: What every call reports as it begins.
        self.fraction = 0.0
        self._done = Done(payload_of(stage))
        self._gates: dict[str, threading.Event] = {}
        self._errors: dict[str, Exception] = {}
        self._left: dict[str, int] = {}
        self._error: Exception | None = None
        self._endless: set[str] = set()

    def hold(self, *job_ids: str) -> None:
        """These do not return before they are released."""
        self._gates |= {job_id: threading.Event() for job_id in job_ids}

    def release(self, *job_ids: str) -> None:
        """Let these end; all that are held if none is named."""
        for job_id in job_ids or self._gates:
            self._gates[job_id].set()

    def fail(self, job_id: str, error: Exception, *, times: int | None = None) -> None:
        """Its calls raise *error*; *times*: so many of them."""
        self._errors[job_id] = error
        if times is not None:
            self._left[job_id] = times

    def fail_all(self, error: Exception | None) -> None:
        """Every job from now on; None: none any more, but for those named."""
        self._error = error

    def mend(self, job_id: str) -> None:
        """Its calls go well from now on."""
        self._errors.pop(job_id, None)

    def report_until_ended(self, job_id: str) -> None:
        """Its handler reports again and again, until a report raises."""
        self._endless.add(job_id)

    def wait_until_called(self, *job_ids: str) -> None:
        wait_until(lambda: all(self.calls[job_id] for job_id in job_ids), lambda: self.calls)

    def __call__(self, job: Job, context: Context) -> Done:
        self.calls[job.job_id] += 1
        context.report(self.fraction, "begun")
        if job.job_id in self._gates:
            self._gates[job.job_id].wait(DEADLINE_SECONDS)
        deadline = time.monotonic() + DEADLINE_SECONDS
        while job.job_id in self._endless and time.monotonic() < deadline:
            time.sleep(0.01)  # as work does
            context.report(0.5, "at it")
        self.ended[job.job_id] += 1
        if job.job_id in self._errors and self._left.get(job.job_id, 1):
            if job.job_id in self._left:
                self._left[job.job_id] -= 1
            raise self._errors[job.job_id]
        if self._error is not None and job.job_id not in self._errors:
            raise self._error
        return self._done
