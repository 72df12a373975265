"""States go forward only, and say what their status allows."""

from collections.abc import Iterator

from headway.auditing.checks.course import Case, Course
from headway.auditing.facts import State
from headway.auditing.findings import Finding, Kind
from headway.declared.pipeline import Pipeline


def check(case: Case) -> Iterator[Finding]:
    """Within an attempt by (stage, step), within a stage by attempt; an end is final."""
    for course in case.courses.values():
        yield from _forward(case, course)
    yield from _stages_forward(case)
    for state in case.job.states:
        if why := _unfit(case, state):
            yield case.found(Kind.STATE_UNFIT, state.attempt, why, state.at)


def _forward(case: Case, course: Course) -> Iterator[Finding]:
    """RUNNING and RETRY_SCHEDULED of one stage have one rank: a job is done again from there."""
    last: State | None = None
    for state in course.states:
        if last is None:
            last = state
            continue
        told = f"{state.status} of {case.name(state.stage)} follows {last.status}"
        if last.terminal:
            yield case.found(Kind.STATE_AFTER_END, course.attempt, told, last.at, state.at)
            return
        if state.rank < last.rank or (state.rank == last.rank and state.step):
            told += f" of {case.name(last.stage)}"
            yield case.found(Kind.STATE_BACK, course.attempt, told, last.at, state.at)
            return
        last = state


def _stages_forward(case: Case) -> Iterator[Finding]:
    """A stage does the attempts at a job one after another.

    Of two stages the later may be at an attempt still when a submission has opened the next one.
    """
    newest: dict[int, State] = {}
    for state in case.job.states:
        last = newest.get(state.stage)
        if last is not None and state.attempt < last.attempt:
            text = f"{case.name(state.stage)} went from attempt {last.attempt} back"
            yield case.found(Kind.STATE_BACK, state.attempt, text, last.at, state.at)
            return
        newest[state.stage] = state


def _unfit(case: Case, state: State) -> str | None:
    pipeline = case.pipeline
    if not 0 < state.stage <= len(pipeline.stages):
        return f"{state.status} is of stage {state.stage}, which there is not"
    stage = pipeline.stages[state.stage - 1]
    ends = {pipeline.failed, pipeline.cancelled}
    aside = {pipeline.retry_scheduled: 0, pipeline.scheduled: 0}
    steps = {stage.running.name: 0, stage.done.name: 1, **aside}
    wanted = steps.get(state.status, 1 if state.status in ends else None)
    terminal = state.status in ends or (stage.last and state.status == stage.done.name)
    if wanted is None:
        return f"{stage.name} knows no status {state.status}"
    if (state.step, state.terminal) != (wanted, terminal):
        return f"{state.status} with step {state.step}, terminal {state.terminal}"
    return _silent(state, pipeline)


def _silent(state: State, pipeline: Pipeline) -> str | None:
    """What its status has to say and it does not."""
    if state.status == pipeline.failed and not state.has_error:
        return f"{state.status} without an error"
    if state.status == pipeline.retry_scheduled and (state.due is None or state.waits_at is None):
        return f"{state.status} that says not when or where"
    if (state.status == pipeline.scheduled) != bool(state.held):
        return f"{state.status} held for {state.held}"
    if state.held and state.waits_at is None:
        return f"{state.status} that says not where"
    return None
