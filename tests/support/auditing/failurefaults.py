"""Faults planted into what a correct pipeline wrote: of failures, later tries and commands."""

from collections.abc import Iterator
from typing import Final

from support.auditing.faults import fault
from support.auditing.finding import (
    FIRST,
    LAST,
    copied,
    ended,
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


@fault(Kind.COMMAND_TWICE, Kind.RETRY_UNTOLD)
def _a_redrive_takes_effect_twice(topics: Topics) -> str:
    job_id, topic, record = next(redriven(topics, LAST.name))
    copied(topics, topic, record)
    return job_id


@fault(Kind.COMMAND_REFUSED)
def _a_refused_redrive_takes_effect(topics: Topics) -> str:
    job_id, _, record = next(redriven(topics, LAST.name))
    assert record.carried is not None
    for result in topics.of(PIPELINE.results, job_id):
        if result.told["attempt"] == record.carried["job"]["attempt"] - 1:
            result.told["accepted"] = False
    return job_id


@fault(Kind.ATTEMPT_UNOPENED)
def _an_attempt_is_opened_by_nobody(topics: Topics) -> str:
    job_id, _, _ = next(redriven(topics, LAST.name))
    for topic in (PIPELINE.commands, PIPELINE.results):
        for record in topics.of(topic, job_id):
            if record.told["kind"] == "retry":
                topics.remove(topic, record)
    return job_id


@fault(Kind.COMMAND_LOST)
def _an_accepted_redrive_has_no_effect(topics: Topics) -> str:
    job_id, state, _, _ = last_failed(topics)
    _answer(topics, _command(topics, job_id, state), accepted=True)
    return job_id


@fault(Kind.COMMAND_UNFIT, Kind.COMMAND_LOST)
def _a_redrive_of_a_job_that_went_well_is_accepted(topics: Topics) -> str:
    job_id = simple(topics, _COMPLETED)
    _answer(topics, _command(topics, job_id, topics.states(job_id)[-1]), accepted=True)
    return job_id


@fault(Kind.COMMAND_UNANSWERED)
def _a_command_is_taken_and_not_answered(topics: Topics) -> str:
    job_id, state, _, _ = last_failed(topics)
    command = _command(topics, job_id, state)
    topics.done[state.told["stage_index"], PIPELINE.commands][command.offset] = 0
    return job_id


@fault(Kind.COMMAND_ANSWERED_TWICE)
def _a_command_is_answered_twice(topics: Topics) -> str:
    result = topics.records[PIPELINE.results][0]
    copied(topics, PIPELINE.results, result)
    return result.job_id


@fault(Kind.CANCELLED_UNASKED)
def _a_job_is_cancelled_and_nobody_asked(topics: Topics) -> str:
    job_id = next(ended(topics, PIPELINE.cancelled))
    for record in topics.of(PIPELINE.commands, job_id):
        if record.told["kind"] == "cancel":
            topics.remove(PIPELINE.commands, record)
    return job_id


@fault(Kind.FORGOTTEN_UNASKED, Kind.FORGOTTEN_EARLY)
def _a_job_is_forgotten_that_nobody_wanted_to(topics: Topics) -> str:
    job_id = simple(topics, _COMPLETED)
    _forget(topics, topics.states(job_id)[-1])
    return job_id


@fault(Kind.FORGOTTEN_EARLY, compacted=False)
def _a_job_is_forgotten_whose_submission_is_kept(topics: Topics) -> str:
    job_id = simple(topics, _COMPLETED)
    state = topics.states(job_id)[-1]
    value = {"command_id": "f", "kind": "forget", "job_id": job_id, "by": "x"}
    value |= {"attempt": state.told["attempt"], "stage": LAST.name}
    topics.append(PIPELINE.commands, Rec(-1, state.written, state.key, value))
    _forget(topics, state)
    return job_id


@fault(Kind.COMMAND_LOST)
def _an_accepted_wish_to_forget_has_no_effect(topics: Topics) -> str:
    job_id = simple(topics, _COMPLETED)
    command = _command(topics, job_id, topics.states(job_id)[-1], "forget")
    _answer(topics, command, accepted=True)
    return job_id


@fault(Kind.COMMAND_UNFIT, Kind.COMMAND_LOST, compacted=False)
def _a_job_is_done_again_before_it_is_over(topics: Topics) -> str:
    job_id = simple(topics, FIRST.done.name)
    command = _command(topics, job_id, topics.states(job_id)[-1], "reprocess")
    _answer(topics, command, accepted=True)
    return job_id


def _forget(topics: Topics, state: Rec) -> None:
    headers = {"headway.forgotten": str(state.told["attempt"])}
    topics.append(PIPELINE.state, Rec(-1, state.written, state.key, None, headers))


def _command(topics: Topics, job_id: str, state: Rec, kind: str = "retry") -> Rec:
    told = {"command_id": "late", "kind": kind, "job_id": job_id, "by": "x"}
    value = {**told, "attempt": state.told["attempt"], "stage": state.told["stage"]}
    return topics.append(PIPELINE.commands, Rec(-1, state.written, state.key, value))


def _answer(topics: Topics, command: Rec, *, accepted: bool) -> None:
    told = {n: v for n, v in command.told.items() if n != "by"}
    value = {**told, "accepted": accepted, "reason": "so", "at": command.written}
    topics.append(PIPELINE.results, Rec(-1, command.written, command.key, value))


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
    _a_redrive_takes_effect_twice,
    _a_refused_redrive_takes_effect,
    _an_attempt_is_opened_by_nobody,
    _an_accepted_redrive_has_no_effect,
    _a_redrive_of_a_job_that_went_well_is_accepted,
    _a_command_is_taken_and_not_answered,
    _a_command_is_answered_twice,
    _a_job_is_forgotten_that_nobody_wanted_to,
    _a_job_is_forgotten_whose_submission_is_kept,
    _an_accepted_wish_to_forget_has_no_effect,
    _a_job_is_done_again_before_it_is_over,
    _a_job_is_cancelled_and_nobody_asked,
)
