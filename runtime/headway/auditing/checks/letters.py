"""Each FAILED has its dead letter where it says, with the bytes of the record, and once."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from headway.auditing.checks.course import Case, Course
from headway.auditing.facts import Letter, Position, State
from headway.auditing.findings import Finding, Kind


def check(case: Case) -> Iterator[Finding]:
    """From states to letters and back, and from letters to the records they are of."""
    for course in case.courses.values():
        for state in course.states:
            if state.status == case.pipeline.failed:
                yield from _letter_of(case, course, state)
        yield from _twice(case, course)
    for letter in case.job.letters:
        yield from _bytes(case, letter)
        yield from _told(case, letter)


def _letter_of(case: Case, course: Course, state: State) -> Iterator[Finding]:
    """The letter that FAILED names: there, and of this attempt in this stage."""
    at, history = state.letter, case.history
    if at is None:
        text = f"{state.status} of {case.name(state.stage)} names no dead letter"
        yield case.found(Kind.LETTER_MISSING, course.attempt, text, state.at)
        return
    letter = history.letters.get(at)
    if letter is not None:
        if not _is_of(case, state, letter):
            text = f"{at} is of {letter.job_id or 'no job'}, attempt {letter.attempt}"
            yield case.found(Kind.LETTER_PLACE, course.attempt, text, state.at, at)
        return
    if at.topic == _dead_letters(case, state.stage) and not history.had(at):
        return
    named = {other.letter for other in course.states}
    astray = [
        letter.at
        for letter in course.letters
        if letter.opens and letter.stage == state.stage and letter.at not in named
    ]
    if astray:
        text = f"there is no dead letter of it at {at}"
        yield case.found(Kind.LETTER_PLACE, course.attempt, text, state.at, *astray)
    elif _dead_letters(case, state.stage) != at.topic:
        text = f"{at} is no place for a dead letter of {case.name(state.stage)}"
        yield case.found(Kind.LETTER_PLACE, course.attempt, text, state.at)
    elif history.whole(at.topic, state.updated):
        text = f"there is no dead letter at {at}"
        yield case.found(Kind.LETTER_MISSING, course.attempt, text, state.at)


def _is_of(case: Case, state: State, letter: Letter) -> bool:
    """A letter whose job cannot be read from it is believed to be of whoever names it."""
    whose = letter.job_id in (None, case.job.job_id)
    return whose and (letter.attempt, letter.stage) == (state.attempt, state.stage)


def _dead_letters(case: Case, stage: int) -> str:
    stages = case.pipeline.stages
    return stages[stage - 1].dead_letters if 0 < stage <= len(stages) else ""


def _twice(case: Case, course: Course) -> Iterator[Finding]:
    """One that the stage could not read is of no run: of those there may be others of its key."""
    by_run: defaultdict[tuple[int, Position | None], list[Position]] = defaultdict(list)
    for letter in course.letters:
        by_run[letter.stage, None if letter.opens else letter.origin].append(letter.at)
    for (stage, _), places in by_run.items():
        if len(places) > 1:
            text = f"{len(places)} dead letters of {case.name(stage)}"
            found = case.found(Kind.LETTER_TWICE, course.attempt, text, *places)
            yield replace(found, count=len(places))


def _bytes(case: Case, letter: Letter) -> Iterator[Finding]:
    """Where the record is still there, or was read, its letter has its key and value."""
    here = letter.origin.partition == case.history.partition
    known = case.history.digests.get(letter.origin.topic, {}).get(letter.origin.offset)
    if not here or known is None or letter.digest is None or known == letter.digest:
        return
    text = f"its dead letter has other bytes than {letter.origin}"
    yield case.found(Kind.LETTER_BYTES, letter.attempt, text, letter.at, letter.origin)


def _told(case: Case, letter: Letter) -> Iterator[Finding]:
    """A letter of a run is named by FAILED; one that could not be read need not be of a job.

    Where compaction may have taken FAILED, the timeline has its step.
    """
    course = case.courses[letter.attempt]
    if not letter.opens or not case.whole(case.pipeline.state):
        return
    if letter.at in {state.letter for state in course.states}:
        return
    failed = course.at(case.pipeline.failed) is not None
    compacted = not case.history.terms.complete
    if compacted and (failed or course.cut or not (course.states or len(case.courses) == 1)):
        return
    if failed and course.failed_in(case.pipeline) == letter.stage and _misplaced(case, course):
        return  # that it names another place is told already
    text = f"a dead letter of {case.name(letter.stage)}, and no {case.pipeline.failed} names it"
    yield case.found(Kind.LETTER_UNTOLD, letter.attempt, text, letter.at)


def _misplaced(case: Case, course: Course) -> bool:
    """Whether a FAILED of *course* names a place where no letter of it lies."""
    there = {letter.at for letter in course.letters}
    failed = (state for state in course.states if state.status == case.pipeline.failed)
    return any(state.letter not in there for state in failed)
