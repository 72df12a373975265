"""One output a stage and an attempt that completed the stage, and none of any other."""

from collections.abc import Iterator
from dataclasses import replace

from headway.auditing.checks.course import Case, Course
from headway.auditing.facts import Output, State, Waiting
from headway.auditing.findings import Finding, Kind


def check(case: Case) -> Iterator[Finding]:
    """Every stage of every attempt, and that one record alone opened each."""
    for course in case.courses.values():
        for stage in case.pipeline.stages:
            found = course.outputs.get(stage.index, [])
            if len(found) > 1:
                yield _twice(case, course, found)
            yield from _one(case, course, stage.index, found)
        if not any(len(found) > 1 for found in course.outputs.values()):
            yield from _opened_once(case, course)


def _twice(case: Case, course: Course, found: list[Output]) -> Finding:
    many = len({output.opened_at for output in found}) > 1
    kind = Kind.RUN_TWICE if many else Kind.OUTPUT_TWICE
    text = f"{len(found)} outputs of {case.name(found[0].stage)}"
    told = case.found(kind, course.attempt, text, *(output.at for output in found))
    return replace(told, count=len(found))


def _one(case: Case, course: Course, stage: int, found: list[Output]) -> Iterator[Finding]:
    """What is there against what states say; what is missing only where it was to be read."""
    done, name = case.done(course, stage), case.name(stage)
    end = course.end
    if not found:
        if done is not None and case.history.whole(case.pipeline.stages[stage - 1].sink, done):
            yield case.found(Kind.LOST_OUTPUT, course.attempt, f"no output of {name}")
        return
    if end is not None and end.status == case.pipeline.failed and end.stage <= stage:
        text = f"an output of {name}, in which it FAILED"
        yield case.found(Kind.OUTPUT_OF_FAILED, course.attempt, text, found[0].at, end.at)
    elif end is not None and end.status == case.pipeline.cancelled and end.stage <= stage:
        text = f"an output of {name}, in which it was cancelled"
        yield case.found(Kind.OUTPUT_OF_CANCELLED, course.attempt, text, found[0].at, end.at)
    elif done is None and _would_be_told(case, course):
        text = f"an output of {name}, and no state says that it is done"
        yield case.found(Kind.OUTPUT_UNTOLD, course.attempt, text, found[0].at)


def _would_be_told(case: Case, course: Course) -> bool:
    """Whether states and timelines that were read tell of every stage this attempt completed."""
    if course.cut or not case.whole(case.pipeline.state):
        return False
    return bool(course.states) or case.history.terms.complete or len(case.courses) == 1


def _opened_once(case: Case, course: Course) -> Iterator[Finding]:
    """All that is said of an attempt is of one submission."""
    told: list[State | Waiting | Output] = [*course.states, *course.waits, *course.all_outputs]
    opened = {fact.opened_at: fact.at for fact in told if fact.opened_at >= 0}
    if len(opened) > 1:
        offsets = ", ".join(map(str, sorted(opened)))
        text = f"the submissions at offsets {offsets} both opened it"
        yield case.found(Kind.RUN_TWICE, course.attempt, text, *opened.values())
