"""Where a job is: at its end, or on its way in some stage; or nowhere, and then it is lost."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from headway.auditing.checks.course import Case, Course
from headway.auditing.facts import Position, State, Submission
from headway.auditing.findings import Finding, Kind

#: Labels that are not a status.
UNKNOWN: Final = "unknown"
LOST: Final = "lost"


class Standing(NamedTuple):
    """Where a job is, in words of a report, and the fault if it is nowhere."""

    label: str
    ended: bool = False
    fault: Finding | None = None


def standing(case: Case) -> Standing:
    """Of the newest attempt that anything is known of.

    A job without an end is somewhere as long as a stage has not done the record that it is in.
    """
    courses = case.courses
    told = [course for course in courses.values() if course.states]
    above = told[-1].attempt if told else 0
    newer = [s for s in case.job.submissions if s.attempt > above]
    if newer or not told:
        return _submitted(case, newer)
    course = told[-1]
    state = course.states[-1]
    if course.end is not None:
        return Standing(course.end.status, ended=True)
    return _between(case, course, state) if state.step else _within(case, course, state)


def _submitted(case: Case, submissions: list[Submission]) -> Standing:
    """No state: its submission is the state, until the first stage has done that."""
    first = case.pipeline.stages[0]
    if not submissions:
        return Standing(UNKNOWN)
    if _held(case, first.index, [submission.at for submission in submissions]):
        return Standing(f"{case.pipeline.queued.name} for {first.name}")
    if not case.history.whole(case.pipeline.state, submissions[-1].written):
        return Standing(UNKNOWN)
    text = f"{first.name} is done with its submission, and nothing was said of it"
    return _lost(case, submissions[-1].attempt, text, submissions[-1].at)


def _between(case: Case, course: Course, state: State) -> Standing:
    """Handed over to the stage behind."""
    heir = case.name(state.stage + 1)
    outputs = [output.at for output in course.outputs.get(state.stage, [])]
    if not outputs or _held(case, state.stage + 1, outputs):
        return Standing(f"handed over to {heir}")
    text = f"{heir} is done with what {case.name(state.stage)} handed over, and said nothing"
    return _lost(case, course.attempt, text, *outputs)


def _within(case: Case, course: Course, state: State) -> Standing:
    """At work, put off or held: in one of the records that its stage was given of it."""
    name = case.name(state.stage)
    if state.stage == 1:
        given = [submission.at for submission in course.submissions]
    else:
        given = [output.at for output in course.outputs.get(state.stage - 1, [])]
    waits = [waiting.at for waiting in course.waits if waiting.stage == state.stage]
    running = state.status == case.pipeline.stages[state.stage - 1].running.name
    if state.waits_at is not None:
        label, places = state.status if running else f"{state.status} in {name}", [state.waits_at]
    else:
        label, places = state.status, [*given, *waits]
    known = state.waits_at is not None or case.whole(case.pipeline.stages[state.stage - 1].source)
    if _held(case, state.stage, places) or not places or not known:
        return Standing(label)
    text = f"{state.status} in {name}, which is done with it"
    return _lost(case, course.attempt, text, state.at, *places)


def _held(case: Case, stage: int, places: Iterable[Position]) -> bool:
    return any(case.history.undone(stage, place) for place in places)


def _lost(case: Case, attempt: int, text: str, *places: Position) -> Standing:
    return Standing(LOST, fault=case.found(Kind.LOST_JOB, attempt, text, *places))
