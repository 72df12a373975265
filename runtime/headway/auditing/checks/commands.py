"""Commands take effect once if they were accepted, never if refused; no cancel comes unasked.

And who opened an attempt: its submission, or a retry or reprocess that was accepted.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from headway.auditing.checks.course import Case, Course
from headway.auditing.facts import Result
from headway.auditing.findings import Finding, Kind
from headway.wire.commands import CANCEL, FORGET, REPROCESS, RETRY

#: Each opens the next attempt.
_OPENING: Final = frozenset({RETRY, REPROCESS})
_ANSWERED: Final = _OPENING | {FORGET}


def check(case: Case) -> Iterator[Finding]:
    """Commands and results against each other, and against the attempts there are."""
    yield from _answers(case)
    yield from _effects(case)
    for course in case.courses.values():
        yield from _opened(case, course)
        yield from _stage_again(case, course)
        yield from _cancelled(case, course)


def _answers(case: Case) -> Iterator[Finding]:
    """A result for each record of a command that its stage has taken, and no more."""
    commands, results = case.pipeline.commands, case.pipeline.results
    asked = Counter(command.command_id for command in case.job.commands)
    told = Counter(result.command_id for result in case.job.results)
    for result in case.job.results:
        command_id = result.command_id
        most = max(asked[command_id], 1)
        if case.whole(commands) and told.pop(command_id, 0) > most:
            text = f"command {command_id} has more results than it was given"
            yield case.found(Kind.COMMAND_ANSWERED_TWICE, result.attempt, text, result.at)
    answered = {result.command_id for result in case.job.results}
    names = {stage.name: stage.index for stage in case.pipeline.stages}
    for command in case.job.commands:
        stage = names.get(command.stage)
        if command.kind not in _ANSWERED or stage is None or command.command_id in answered:
            continue
        if not case.history.undone(stage, command.at) and case.history.whole(
            results, command.written
        ):
            text = f"{command.stage} has taken command {command.command_id} and did not answer"
            yield case.found(Kind.COMMAND_UNANSWERED, command.attempt, text, command.at)


def _effects(case: Case) -> Iterator[Finding]:
    """What was accepted is to be seen: an attempt above, or that the job is forgotten."""
    newest = max((state.attempt for state in case.job.states), default=0)
    done: set[tuple[str, int]] = set()
    for result in case.job.results:
        if result.kind not in _ANSWERED or not result.accepted:
            continue
        if (result.kind, result.attempt) in done:
            continue
        done.add((result.kind, result.attempt))
        seen = newest > result.attempt if result.kind in _OPENING else case.job.forgotten
        if not seen and case.history.whole(case.pipeline.state, result.written):
            missing = "no attempt above it" if result.kind in _OPENING else "no tombstone"
            text = f"{result.stage} accepted to {result.kind} it, and {missing} is told of"
            yield case.found(Kind.COMMAND_LOST, result.attempt, text, result.at)
        if result.kind in _OPENING:
            yield from _of_an_end(case, result)


def _of_an_end(case: Case, result: Result) -> Iterator[Finding]:
    """Unless a submission had opened the attempt above: then nothing was left to be done."""
    course = case.courses.get(result.attempt)
    if course is None or course.at(case.pipeline.failed) is not None or course.cut:
        return
    if any(submission.attempt > result.attempt for submission in case.job.submissions):
        return
    ended = course.at(case.pipeline.cancelled) or case.done(course, len(case.pipeline.stages))
    again = REPROCESS in _accepted(case, result.attempt)
    wrong = ended is None if again else ended is not None
    if wrong or (ended is None and case.history.terms.complete and course.states):
        what = "it was not over" if again else "it had not failed"
        text = f"{result.stage} accepted to {result.kind} it, and {what}"
        yield case.found(Kind.COMMAND_UNFIT, result.attempt, text, result.at)


def _accepted(case: Case, attempt: int) -> set[str]:
    """What was accepted of an attempt, by kind: a retry is, where a reprocess has opened it."""
    return {r.kind for r in case.job.results if r.accepted and r.attempt == attempt}


def _opened(case: Case, course: Course) -> Iterator[Finding]:
    """By a submission, or above the first by a command, whose result is in the same frame."""
    pipeline, attempt = case.pipeline, course.attempt
    places = [fact.at for fact in course.traces][:1]
    if course.submissions or not case.whole(pipeline.source) or not places:
        return
    if not case.job.submissions:
        text = f"there is no record of it in {pipeline.source}"
        yield case.found(Kind.JOB_UNSUBMITTED, attempt, text, *places)
        return
    answers = [r for r in case.job.results if r.kind in _OPENING and r.attempt == attempt - 1]
    if any(result.accepted for result in answers) or not case.whole(pipeline.results):
        return
    if answers:
        text = f"to open what follows attempt {attempt - 1} was refused"
        at = (result.at for result in answers)
        yield case.found(Kind.COMMAND_REFUSED, attempt, text, *at, *places)
    else:
        text = "no submission and no command opened it"
        yield case.found(Kind.ATTEMPT_UNOPENED, attempt, text, *places)


def _stage_again(case: Case, course: Course) -> Iterator[Finding]:
    """It begins in the stage that failed, or was asked for: of those before there is nothing."""
    begins = case.redriven(course)
    for fact in course.traces:
        if fact.stage < begins:
            text = f"{case.name(fact.stage)} ran, and it was opened in {case.name(begins)}"
            yield case.found(Kind.STAGE_AGAIN, course.attempt, text, fact.at)
            return


def _cancelled(case: Case, course: Course) -> Iterator[Finding]:
    """Somebody wanted this very attempt to end."""
    end = course.end
    if end is None or end.status != case.pipeline.cancelled:
        return
    asked = any(
        command.kind == CANCEL and command.attempt == course.attempt
        for command in case.job.commands
    )
    if not asked and case.whole(case.pipeline.commands):
        text = "it is cancelled, and there is no command for that"
        yield case.found(Kind.CANCELLED_UNASKED, course.attempt, text, end.at)
