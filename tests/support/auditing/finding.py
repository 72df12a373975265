"""Jobs of a simulated history in which a fault can be planted, and copies of what they have."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any, Final

from support.auditing.topics import PIPELINE, Rec, Topics

FIRST, LAST = PIPELINE.stages[0], PIPELINE.stages[-1]
RUNNING: Final = {stage.running.name for stage in PIPELINE.stages}


def jobs(topics: Topics) -> list[str]:
    """Every job, in the order of their submissions."""
    return list(dict.fromkeys(record.job_id for record in topics.records[PIPELINE.source]))


def statuses(topics: Topics, job_id: str) -> list[str]:
    return [record.told["status"] for record in topics.states(job_id)]


def ended(topics: Topics, status: str) -> Iterator[str]:
    """Jobs whose newest state is *status*, and of which nothing waits to be done."""
    for job_id in jobs(topics):
        if statuses(topics, job_id)[-1:] == [status]:
            yield job_id


def simple(topics: Topics, status: str, *, submissions: int = 1) -> str:
    """A job of one attempt that ended in *status*."""
    return next(
        job_id
        for job_id in ended(topics, status)
        if len(readable(topics, job_id)) == submissions
        and {record.told["attempt"] for record in topics.states(job_id)} == {1}
    )


def readable(topics: Topics, job_id: str) -> list[Rec]:
    """Its submissions, without what is garbage."""
    source = topics.of(PIPELINE.source, job_id)
    return [record for record in source if isinstance(record.value, dict)]


def failed(topics: Topics) -> Iterator[tuple[str, Rec, str, Rec]]:
    """Jobs with a FAILED state, that state, and the topic and record of its letter."""
    for job_id in jobs(topics):
        for state in topics.states(job_id):
            if state.told["status"] == PIPELINE.failed:
                offset = state.told["error"]["dead_letter"]["offset"]
                stage = PIPELINE.stage(state.told["stage"])
                letters = topics.of(stage.dead_letters, job_id)
                letter = next(each for each in letters if each.offset == offset)
                yield job_id, state, stage.dead_letters, letter


def last_failed(topics: Topics, stage: str = "") -> tuple[str, Rec, str, Rec]:
    """The first whose newest state that is; the last one there is to say of it."""
    return next(
        found
        for found in failed(topics)
        if topics.states(found[0])[-1] is found[1] and stage in ("", found[1].told["stage"])
    )


def put_off(
    topics: Topics, wanted: Callable[[dict[str, Any]], bool] = lambda _: True
) -> Iterator[tuple[str, Rec, str, Rec]]:
    """Jobs with a RETRY_SCHEDULED state that something followed, and what waits of it."""
    for job_id in jobs(topics):
        states = topics.states(job_id)
        for state in states[:-1]:
            if state.told["status"] != PIPELINE.retry_scheduled:
                continue
            waits_at = state.told["waits_at"]
            for topic, record in topics.waiting(job_id):
                same = waits_at["topic"].endswith(topic) and waits_at["offset"] == record.offset
                if same and record.carried is not None and wanted(record.carried):
                    yield job_id, state, topic, record


def redriven(topics: Topics, stage: str) -> Iterator[tuple[str, str, Rec]]:
    """Jobs of which a redrive in *stage* opened an attempt, and the record that did."""
    for job_id, state, topic, record in put_off(topics, lambda told: not told["error_class"]):
        if state.told["stage"] == stage:
            yield job_id, topic, record


def copied(topics: Topics, topic: str, record: Rec, **changed: Any) -> Rec:
    """*record* once more, at the end of *topic*; *changed* are fields of its value."""
    copy = deepcopy(record)
    if changed:
        copy.value = {**copy.told, **changed}
    return topics.append(topic, copy)
