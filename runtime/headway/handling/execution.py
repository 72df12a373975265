"""One task in one worker: open the record, call the handler, see what becomes of it.

Everything that can go wrong with a record goes wrong here and becomes an outcome; nothing is
raised, so no record can stop a worker or a partition.
"""

from collections.abc import Callable, Sequence

from headway.around.wrapper import Call, Ended
from headway.base.clock import Clock
from headway.declared.handler import Done, Job
from headway.outcomes.rule import Rule
from headway.taking.task import Outcome, Task
from headway.wire.envelope import Envelope
from headway.wire.records import StageRecords

#: An outcome for sure: whatever was forgotten costs one job.
LastResort = Callable[[Task, BaseException], Outcome]


class Execution:
    """How this stage's workers treat a task; shared by all of them.

    *call* is the handler with all that lies around it. *rules* are asked in order what becomes of
    a task; one of them has to know what becomes of an error.
    """

    def __init__(
        self,
        call: Call,
        records: StageRecords,
        rules: Sequence[Rule],
        *,
        last_resort: LastResort,
        clock: Clock,
    ) -> None:
        self._call = call
        self._records = records
        self._rules = rules
        self._last_resort = last_resort
        self._clock = clock
        # Most rules have no answer to most questions: who has is found once.
        self._unopened = _answering(rules, "unopened")
        self._opened = _answering(rules, "opened")
        self._returned = _answering(rules, "returned")

    def run(self, task: Task) -> Outcome:
        """What became of *task*; blocks as long as the handler and its repeats take.

        Never raises: a thread that did would be gone, and its task with it.
        """
        try:
            return self._run(task)
        except BaseException as error:  # noqa: BLE001 - whatever was forgotten costs one job
            return self._last_resort(task, error)

    def calling(self, call: Call) -> "Execution":
        """The same, but for what is called."""
        last_resort, clock = self._last_resort, self._clock
        return Execution(call, self._records, self._rules, last_resort=last_resort, clock=clock)

    def answered(self, task: Task, answer: Done | BaseException) -> Outcome:
        """What becomes of *task*, whose handler was called elsewhere; never raises either."""
        try:
            envelope = task.envelope
            if isinstance(answer, BaseException):
                return self._raised(task, envelope, answer)
            return (
                self._unanswered(task) if envelope is None else self._ended(task, envelope, answer)
            )
        except BaseException as error:  # noqa: BLE001 - as above
            return self._last_resort(task, error)

    def lost(self, task: Task, error: BaseException) -> Outcome:
        """The outcome of *task* where *error* is ours."""
        return self._last_resort(task, error)

    def _run(self, task: Task) -> Outcome:
        for rule in self._unopened:
            if (ended := rule.unopened(task)) is not None:
                return ended
        try:
            envelope, payload = self._records.open(task.message, task.carried)
        except BaseException as error:  # noqa: BLE001 - memory may end in the middle of a record
            return self._raised(task, None, task.given_up or error)
        for rule in self._opened:
            if (ended := rule.opened(task, envelope)) is not None:
                return ended
        if task.given_up is not None:
            return self._raised(task, envelope, task.given_up)
        job = Job(envelope["job_id"], envelope["attempt"], envelope["title"], payload)
        return self._handled(task, envelope, job)

    def _handled(self, task: Task, envelope: Envelope, job: Job) -> Outcome:
        task.started_at = self._clock.now_ms()
        task.started_monotonic = self._clock.monotonic()
        task.envelope = envelope
        try:
            done = self._call(task, job)
        except BaseException as error:  # noqa: BLE001 - Rust libraries panic outside Exception
            return self._raised(task, envelope, error)
        return done.outcome if isinstance(done, Ended) else self._ended(task, envelope, done)

    def _ended(self, task: Task, envelope: Envelope, done: Done) -> Outcome:
        try:
            for rule in self._returned:
                if (ended := rule.returned(task, envelope, done)) is not None:
                    return ended
        except BaseException as error:  # noqa: BLE001 - what was returned is the handler's
            # Another call would return the same: what it returns does not fit, not how it ran.
            task.given_up = error
            return self._raised(task, envelope, error)
        return self._unanswered(task)

    def _raised(self, task: Task, envelope: Envelope | None, error: BaseException) -> Outcome:
        for rule in self._rules:
            if (ended := rule.raised(task, envelope, error)) is not None:
                return ended
        return self._unanswered(task)

    def _unanswered(self, task: Task) -> Outcome:
        return self._last_resort(task, LookupError("no rule says what becomes of this job"))


def _answering(rules: Sequence[Rule], question: str) -> list[Rule]:
    """Those of *rules* that have an answer of their own to *question*."""
    return [rule for rule in rules if getattr(type(rule), question) is not getattr(Rule, question)]
