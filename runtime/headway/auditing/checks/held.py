"""What is held lies where its state says, as it was, and does not begin before its time unasked."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from headway.auditing.checks.course import Case, Course
from headway.auditing.checks.putaside import PutAside, as_it_was
from headway.auditing.facts import State
from headway.auditing.findings import Finding, Kind
from headway.wire.commands import RELEASE
from headway.wire.states import NOT_BEFORE

_HELD: Final = PutAside(
    Kind.HELD_BYTES, Kind.HELD_UNTOLD, "is held", lambda pipeline: pipeline.scheduled
)


def check(case: Case) -> Iterator[Finding]:
    """From SCHEDULED to its record and back, and from there to what came next."""
    for course in case.courses.values():
        lying = {each.at for each in course.held}
        for state in course.states:
            if state.held and state.waits_at is not None and state.waits_at not in lying:
                yield from _missing(case, state)
        for each in course.held:
            yield from as_it_was(case, course, each, _HELD)
        yield from _early(case, course)


def _missing(case: Case, state: State) -> Iterator[Finding]:
    at, stages = state.waits_at, case.pipeline.stages
    if at is None or not 0 < state.stage <= len(stages):
        return
    if at.topic != stages[state.stage - 1].held or case.history.had(at):
        text = f"no record of it lies at {at}"
        yield case.found(Kind.HELD_MISSING, state.attempt, text, state.at)


def _early(case: Case, course: Course) -> Iterator[Finding]:
    """A window may open early; a time of its own waits for a command, whoever gives it."""
    if _let_go(case, course):
        return
    for state, following in pairwise(course.states):
        ended = following.status == case.pipeline.cancelled or following.held
        if state.held != NOT_BEFORE or state.due is None or ended:
            continue
        if following.updated < state.due - case.history.terms.clocks:
            seconds = (state.due - following.updated) / 1000
            text = f"it began {seconds:g} s before its time, and there is no command for that"
            yield case.found(Kind.HELD_EARLY, course.attempt, text, state.at, following.at)
            return
    yield from _early_end(case, course)


def _early_end(case: Case, course: Course) -> Iterator[Finding]:
    """Asked of the end, too: compaction leaves no other state."""
    end = course.end
    if end is None or end.status == case.pipeline.cancelled:
        return
    for lying in course.held:
        if lying.stage <= end.stage and end.updated < lying.due - case.history.terms.clocks:
            text = "it ended before its time, and there is no command for that"
            yield case.found(Kind.HELD_EARLY, course.attempt, text, lying.at, end.at)
            return


def _let_go(case: Case, course: Course) -> bool:
    """Whether there is a command that did, or may have been."""
    asked = any(
        command.kind == RELEASE and command.attempt == course.attempt
        for command in case.job.commands
    )
    return asked or not case.whole(case.pipeline.commands)
