"""Faults planted into what a correct pipeline wrote: of jobs that were held."""

from collections.abc import Iterator

from support.auditing.faults import fault
from support.auditing.finding import copied, jobs
from support.auditing.topics import PIPELINE, Rec, Topics

from headway.auditing.findings import Kind
from headway.wire.states import NOT_BEFORE

_DAY_MS = 86_400_000


@fault(Kind.HELD_MISSING)
def _what_is_held_is_missing(topics: Topics) -> str:
    job_id, _, topic, record = next(_held(topics, last=True))
    topics.remove(topic, record)
    return job_id


@fault(Kind.LOST_JOB)
def _what_is_held_is_forgotten(topics: Topics) -> str:
    job_id, state, topic, record = next(_held(topics, last=True))
    topics.done[state.told["stage_index"], topic][record.offset] = state.written
    return job_id


@fault(Kind.HELD_UNTOLD, compacted=False)
def _what_is_held_is_not_told(topics: Topics) -> str:
    job_id, _, topic, record = next(_held(topics))
    copied(topics, topic, record)
    return job_id


@fault(Kind.HELD_BYTES)
def _what_is_held_has_other_bytes(topics: Topics) -> str:
    job_id, _, _, record = next(_held(topics))
    record.value = {**record.told, "title": "other.csv"} if "title" in record.told else b"other"
    return job_id


@fault(Kind.HELD_EARLY)
def _a_job_begins_before_its_time_unasked(topics: Topics) -> str:
    job_id, state, _, record = next(
        found
        for found in _held(topics, NOT_BEFORE)
        if topics.states(found[0])[-1].told["status"] == PIPELINE.stages[-1].done.name
        and {each.told["attempt"] for each in topics.states(found[0])} == {1}
        and not topics.waiting(found[0])
    )
    assert record.carried is not None
    state.told["due_at"] = record.carried["due_at"] = state.told["due_at"] + _DAY_MS
    for command in topics.of(PIPELINE.commands, job_id):
        topics.remove(PIPELINE.commands, command)
    return job_id


def _held(
    topics: Topics, what: str = "", *, last: bool = False
) -> Iterator[tuple[str, Rec, str, Rec]]:
    """Jobs that were held, or (*last*) are: the state that says so, and topic and record."""
    for job_id in jobs(topics):
        states = topics.states(job_id)
        for state in states[-1:] if last else states:
            if state.told["held"] is None or what not in {"", state.told["held"]}:
                continue
            topic = PIPELINE.stage(state.told["stage"]).held
            offset = state.told["waits_at"]["offset"]
            record = next(r for r in topics.of(topic, job_id) if r.offset == offset)
            yield job_id, state, topic, record


OF_HOLDING = (
    _what_is_held_is_missing,
    _what_is_held_is_forgotten,
    _what_is_held_is_not_told,
    _what_is_held_has_other_bytes,
    _a_job_begins_before_its_time_unasked,
)
