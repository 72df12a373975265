"""What was put off lies where its state says, as it was, once, and is not taken too early."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from headway.auditing.checks.course import Case, Course
from headway.auditing.facts import Position, State, Waiting
from headway.auditing.findings import Finding, Kind


def check(case: Case) -> Iterator[Finding]:
    """From RETRY_SCHEDULED to its record and back, and from there to what came next."""
    for course in case.courses.values():
        at = {waiting.at: waiting for waiting in course.waits}
        for state in course.states:
            if state.status == case.pipeline.retry_scheduled and state.waits_at is not None:
                yield from _record_of(case, state, at.get(state.waits_at))
        for waiting in course.waits:
            yield from _as_it_was(case, course, waiting)
        yield from _twice(case, course)
        yield from _early(case, course)


def _record_of(case: Case, state: State, waiting: Waiting | None) -> Iterator[Finding]:
    at, stages = state.waits_at, case.pipeline.stages
    if at is None or not 0 < state.stage <= len(stages):
        return
    if waiting is not None and waiting.stage == state.stage:
        if waiting.due != state.due:
            text = f"{state.status} says due at {state.due}, its record says {waiting.due}"
            yield case.found(Kind.STATE_UNFIT, state.attempt, text, state.at, waiting.at)
        return
    tier = at.topic in stages[state.stage - 1].retry_topics
    if not tier or case.history.had(at):
        text = f"no record of it waits at {at}"
        yield case.found(Kind.RETRY_MISSING, state.attempt, text, state.at)


def _as_it_was(case: Case, course: Course, waiting: Waiting) -> Iterator[Finding]:
    here = waiting.origin.partition == case.history.partition
    known = case.history.digests.get(waiting.origin.topic, {}).get(waiting.origin.offset)
    if here and known is not None and known != waiting.digest:
        text = f"what waits has other bytes than {waiting.origin}"
        yield case.found(Kind.RETRY_BYTES, course.attempt, text, waiting.at, waiting.origin)
    told = {state.waits_at for state in course.states}
    if case.history.terms.complete and waiting.at not in told:
        text = f"a record of it waits, and no {case.pipeline.retry_scheduled} names it"
        yield case.found(Kind.RETRY_UNTOLD, course.attempt, text, waiting.at)


def _twice(case: Case, course: Course) -> Iterator[Finding]:
    """A try that was done twice is put off twice, by the same number."""
    by_try: defaultdict[tuple[int, int], list[Waiting]] = defaultdict(list)
    for waiting in course.waits:
        by_try[waiting.stage, waiting.tries].append(waiting)
    for (stage, tries), several in by_try.items():
        if len(several) == 1:
            continue
        opening = all(waiting.opening for waiting in several)
        kind = Kind.COMMAND_TWICE if opening else Kind.RETRY_TWICE
        what = "the redrive opened it" if opening else f"try {tries} was put off"
        text = f"{what} {len(several)} times in {case.name(stage)}"
        found = case.found(kind, course.attempt, text, *(waiting.at for waiting in several))
        yield replace(found, count=len(several))


def _early(case: Case, course: Course) -> Iterator[Finding]:
    """Asked of states, and of the timeline, which has what compaction took."""
    early = next(_early_states(case, course), None) or next(_early_steps(case, course), None)
    if early is not None:
        yield early


def _early_states(case: Case, course: Course) -> Iterator[Finding]:
    for state, following in pairwise(course.states):
        if state.due is None or following.status == case.pipeline.cancelled:
            continue
        if following.updated < state.due - case.history.terms.clocks:
            yield _before_due(case, course, following.updated, state.due, state.at, following.at)


def _early_steps(case: Case, course: Course) -> Iterator[Finding]:
    """The nth step RETRY_SCHEDULED is of the nth record that waited, where none is missing."""
    waits = sorted(course.waits, key=lambda waiting: (waiting.stage, waiting.tries))
    numbered = [n for n, s in enumerate(course.steps) if s.status == case.pipeline.retry_scheduled]
    if course.cut or len(numbered) != len(waits):
        return
    for number, waiting in zip(numbered, waits, strict=True):
        for step in course.steps[number + 1 : number + 2]:
            early = step.reached < waiting.due - case.history.terms.clocks
            if early and step.status != case.pipeline.cancelled:
                yield _before_due(case, course, step.reached, waiting.due, waiting.at)


def _before_due(case: Case, course: Course, at: int, due: int, *places: Position) -> Finding:
    text = f"tried again {(due - at) / 1000:g} s before it was due"
    return case.found(Kind.RETRY_EARLY, course.attempt, text, *places)
