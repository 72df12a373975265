"""The handler is asked: one call, timed and counted, and an answer for every job of it."""

from collections.abc import Sequence

from headway.base.clock import Clock
from headway.base.words import class_name
from headway.batching.call import Answer, Begun
from headway.declared.handler import Call, Done, ManyHandler
from headway.declared.pipeline import StageDeclaration
from headway.handling.context import TaskContext
from headway.observing import metrics
from headway.tracing.jobtrace import RecordedTrace


class Asking:
    """An `Ask`. What it returns is of the right number and kind, whatever the handler returns.

    An answer that is none is its author's mistake: another call would return the same.
    """

    def __init__(
        self, handle_many: ManyHandler, declaration: StageDeclaration, *, clock: Clock
    ) -> None:
        self._handle_many = handle_many
        self._declaration = declaration
        self._clock = clock
        self._seconds = metrics.HANDLER_SECONDS.labels(declaration.name)
        self._jobs = metrics.BATCH_JOBS.labels(declaration.name)

    def __call__(self, batch: Sequence[Begun]) -> Sequence[Answer]:
        declared = self._declaration
        calls = [Call(job, TaskContext(task, job, declared)) for task, job in batch]
        self._jobs.observe(len(calls))
        began = self._clock.monotonic()
        try:
            answers = list(self._handle_many(calls))
        except BaseException as error:
            for task, _ in batch:
                _note(task.trace, error)
            raise
        return self._checked(batch, answers, self._clock.monotonic() - began)

    def _checked(
        self, batch: Sequence[Begun], answers: Sequence[object], seconds: float
    ) -> Sequence[Answer]:
        if len(answers) != len(batch):
            answers = [self._miscounted(len(answers), len(batch))] * len(batch)
        return [
            self._answer(each, answer, seconds) for each, answer in zip(batch, answers, strict=True)
        ]

    def _answer(self, each: Begun, answer: object, seconds: float) -> Answer:
        if isinstance(answer, Done):
            self._seconds.observe(seconds)
            return answer
        if isinstance(answer, WrongNumberOfAnswersError):
            each.task.given_up = answer
        elif not isinstance(answer, BaseException):
            answer = each.task.given_up = self._misread(answer)
        _note(each.task.trace, answer)
        return answer

    def _miscounted(self, answers: int, jobs: int) -> BaseException:
        return WrongNumberOfAnswersError(
            f"handle_many of {self._declaration.name} was given {jobs} jobs and returned {answers} "
            "answers; it has to return one for each, in their order: Done or the job's error"
        )

    def _misread(self, answer: object) -> BaseException:
        return TypeError(
            f"handle_many of {self._declaration.name} answered a job with {class_name(answer)}; an "
            "answer is Done, or the error that the job failed of"
        )


class WrongNumberOfAnswersError(TypeError):
    """Raised for each job of a call whose answers are more or fewer: whose is which?"""


def _note(trace: object, error: BaseException) -> None:
    if isinstance(trace, RecordedTrace):
        trace.call_failed(error)
