"""Faults planted into what a correct pipeline wrote: of failures and later tries."""

from collections.abc import Iterator
from typing import Final

from support.auditing.faults import fault
from support.auditing.finding import (
    FIRST,
    LAST,
    copied,
    failed,
    last_failed,
    put_off,
    redriven,
    simple,
)
from support.auditing.topics import PIPELINE, Rec, Topics

from headway.auditing.findings import Kind

_COMPLETED: Final = LAST.done.name
_DAY_MS: Final = 86_400_000


@fault(Kind.LETTER_MISSING)
def _a_dead_letter_is_missing(topics: Topics) -> str:
    job_id, _, topic, letter = last_failed(topics)
    topics.remove(topic, letter)
    return job_id


@fault(Kind.LETTER_TWICE, Kind.LETTER_UNTOLD)
def _a_dead_letter_is_doubled(topics: Topics) -> str:
    job_id, _, topic, letter = last_failed(topics)
    copied(topics, topic, letter)
    return job_id


@fault(Kind.LETTER_BYTES)
def _a_dead_letter_has_other_bytes(topics: Topics) -> str:
    job_id, _, _, letter = last_failed(topics, FIRST.name)
    letter.value = {**letter.told, "title": "other.csv"}
    return job_id


@fault(Kind.LETTER_PLACE)
def _failed_names_a_wrong_place(topics: Topics) -> str:
    job_id, state, _, _ = last_failed(topics)
    state.told["error"]["dead_letter"]["offset"] += 1
    return job_id


@fault(Kind.LETTER_PLACE)
def _failed_names_the_letter_of_another(topics: Topics) -> str:
    job_id, state, topic, _ = last_failed(topics)
    other = next(r for r in topics.records[topic] if r.job_id != job_id)
    state.told["error"]["dead_letter"]["offset"] = other.offset
    return job_id


@fault(Kind.LETTER_UNTOLD)
def _a_dead_letter_of_a_job_that_went_well(topics: Topics) -> str:
    job_id = simple(topics, _COMPLETED)
    _, _, topic, other = next(failed(topics))
    stage = next(stage for stage in PIPELINE.stages if stage.dead_letters == topic)
    record = topics.of(stage.source, job_id)[0]
    letter = copied(topics, topic, other)
    letter.key, letter.value = record.key, record.value
    letter.headers |= {"headway.attempt": "1", "headway.offset": str(record.offset)}
    return job_id


@fault(Kind.RETRY_EARLY)
def _a_retry_comes_before_it_is_due(topics: Topics) -> str:
    job_id, state, _, record = next(_in_time(topics))
    assert record.carried is not None
    state.told["due_at"] = record.carried["due_at"] = state.told["due_at"] + _DAY_MS
    return job_id


def _in_time(topics: Topics) -> Iterator[tuple[str, Rec, str, Rec]]:
    """Put off and taken again, not cancelled meanwhile."""
    for found in put_off(topics):
        states = topics.states(found[0])
        if states[states.index(found[1]) + 1].told["status"] != PIPELINE.cancelled:
            yield found


@fault(Kind.RETRY_MISSING, compacted=False)
def _what_was_put_off_is_not_there(topics: Topics) -> str:
    job_id, _, topic, record = next(put_off(topics))
    topics.remove(topic, record)
    return job_id


@fault(Kind.RETRY_TWICE, Kind.RETRY_UNTOLD)
def _a_waiting_record_is_done_twice(topics: Topics) -> str:
    job_id, _, topic, record = next(put_off(topics, lambda told: bool(told["error_class"])))
    copied(topics, topic, record)
    return job_id


@fault(Kind.RETRY_BYTES)
def _a_waiting_record_has_other_bytes(topics: Topics) -> str:
    job_id, _, _, record = next(
        found for found in put_off(topics) if found[1].told["stage"] == FIRST.name
    )
    record.value = {**record.told, "title": "other.csv"}
    return job_id


@fault(Kind.STATE_UNFIT, compacted=False)
def _a_state_and_its_record_differ_in_when(topics: Topics) -> str:
    job_id, state, _, _ = next(put_off(topics))
    state.told["due_at"] -= 1
    return job_id


@fault(Kind.STAGE_AGAIN, Kind.OUTPUT_UNTOLD)
def _the_first_stage_runs_again_for_a_failure_of_the_second(topics: Topics) -> str:
    job_id, _, record = next(redriven(topics, LAST.name))
    assert record.carried is not None
    output = topics.of(FIRST.sink, job_id)[0]
    copied(topics, FIRST.sink, output, job=record.carried["job"])
    return job_id


OF_FAILURES = (
    _a_dead_letter_is_missing,
    _a_dead_letter_is_doubled,
    _a_dead_letter_has_other_bytes,
    _failed_names_a_wrong_place,
    _failed_names_the_letter_of_another,
    _a_dead_letter_of_a_job_that_went_well,
    _a_retry_comes_before_it_is_due,
    _what_was_put_off_is_not_there,
    _a_waiting_record_is_done_twice,
    _a_waiting_record_has_other_bytes,
    _a_state_and_its_record_differ_in_when,
    _the_first_stage_runs_again_for_a_failure_of_the_second,
)
