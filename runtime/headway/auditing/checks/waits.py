"""What was put off lies where its state says, as it was, once, and is not taken too early."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice, pairwise
from typing import Final

from headway.auditing.checks.course import Case, Course
from headway.auditing.checks.putaside import PutAside, as_it_was
from headway.auditing.facts import Position, State, Waiting
from headway.auditing.findings import Finding, Kind

_WAITS: Final = PutAside(
    Kind.RETRY_BYTES, Kind.RETRY_UNTOLD, "waits", lambda pipeline: pipeline.retry_scheduled
)


def check(case: Case) -> Iterator[Finding]:
    """From RETRY_SCHEDULED to its record and back, and from there to what came next."""
    for course in case.courses.values():
        at = {waiting.at: waiting for waiting in course.waits}
        for state in course.states:
            if state.status == case.pipeline.retry_scheduled and state.waits_at is not None:
                yield from _record_of(case, state, at.get(state.waits_at))
        for waiting in course.waits:
            yield from as_it_was(case, course, waiting, _WAITS)
        yield from _twice(case, course)
        yield from _early(case, course)


def _record_of(case: Case, state: State, waiting: Waiting | None) -> Iterator[Finding]:
    """In a tier; a job whose worker was lost waits in the record that it was in, due at once."""
    at, stages = state.waits_at, case.pipeline.stages
    if at is None or not 0 < state.stage <= len(stages) or _in_source(case, state):
        return
    if waiting is not None and waiting.stage == state.stage:
        if state.due is None or state.due < waiting.due:
            text = f"{state.status} says due at {state.due}, its record says {waiting.due}"
            yield case.found(Kind.STATE_UNFIT, state.attempt, text, state.at, waiting.at)
        return
    if at in [lying.at for lying in case.job.held]:
        return  # let go and at work, its worker was lost
    stage = stages[state.stage - 1]
    inlet = at.topic in {stage.source, stage.held, *stage.retry_topics}
    if not inlet or case.history.had(at):
        text = f"no record of it waits at {at}"
        yield case.found(Kind.RETRY_MISSING, state.attempt, text, state.at)


def _in_source(case: Case, state: State) -> bool:
    given = [output.at for output in case.job.outputs if output.stage == state.stage - 1]
    if state.stage == 1:
        given = [submission.at for submission in case.job.submissions]
    return state.waits_at in given


def _twice(case: Case, course: Course) -> Iterator[Finding]:
    """A try that was done twice is put off twice, by the same number; a command opens once."""
    by_try: defaultdict[tuple[int, int], list[Waiting]] = defaultdict(list)
    for waiting in course.waits:
        at = (0, 0) if waiting.opening else (waiting.stage, waiting.tries)
        by_try[at].append(waiting)
    for (stage, tries), several in by_try.items():
        if len(several) == 1:
            continue
        kind = Kind.RETRY_TWICE if stage else Kind.COMMAND_TWICE
        what = f"try {tries} was put off" if stage else "commands opened it"
        places = ", ".join(sorted({case.name(waiting.stage) for waiting in several}))
        text = f"{what} {len(several)} times in {places}"
        found = case.found(kind, course.attempt, text, *(waiting.at for waiting in several))
        yield replace(found, count=len(several))


def _early(case: Case, course: Course) -> Iterator[Finding]:
    """Asked of states, of the timeline, which has what compaction took, and of the end."""
    asked = chain(_early_states(case, course), _early_steps(case, course), _early_end(case, course))
    yield from islice(asked, 1)


def _early_states(case: Case, course: Course) -> Iterator[Finding]:
    for state, following in pairwise(course.states):
        if state.due is None or state.held or following.status == case.pipeline.cancelled:
            continue
        if following.updated < state.due - case.history.terms.clocks:
            yield _before_due(case, course, following.updated, state.due, state.at, following.at)


def _early_steps(case: Case, course: Course) -> Iterator[Finding]:
    due = {waiting.put: waiting for waiting in course.waits}
    for step, following in pairwise(course.steps):
        waiting = due.get(step.reached)
        if waiting is None or step.status != case.pipeline.retry_scheduled:
            continue
        early = following.reached < waiting.due - case.history.terms.clocks
        if early and following.status != case.pipeline.cancelled:
            yield _before_due(case, course, following.reached, waiting.due, waiting.at)


def _early_end(case: Case, course: Course) -> Iterator[Finding]:
    end = course.end
    if end is None or end.status == case.pipeline.cancelled:
        return
    for waiting in course.waits:
        early = end.updated < waiting.due - case.history.terms.clocks
        if early and waiting.stage <= end.stage:
            yield _before_due(case, course, end.updated, waiting.due, waiting.at, end.at)


def _before_due(case: Case, course: Course, at: int, due: int, *places: Position) -> Finding:
    text = f"tried again {(due - at) / 1000:g} s before it was due"
    return case.found(Kind.RETRY_EARLY, course.attempt, text, *places)
