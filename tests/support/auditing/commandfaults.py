"""Faults planted into what a correct pipeline wrote: of commands."""

from typing import Final

from support.auditing.faults import fault
from support.auditing.finding import FIRST, LAST, copied, ended, last_failed, redriven, simple
from support.auditing.topics import PIPELINE, Rec, Topics

from headway.auditing.findings import Kind

_COMPLETED: Final = LAST.done.name


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


OF_COMMANDS = (
    _a_redrive_takes_effect_twice,
    _a_refused_redrive_takes_effect,
    _an_attempt_is_opened_by_nobody,
    _an_accepted_redrive_has_no_effect,
    _a_redrive_of_a_job_that_went_well_is_accepted,
    _a_command_is_taken_and_not_answered,
    _a_command_is_answered_twice,
    _a_job_is_cancelled_and_nobody_asked,
    _a_job_is_forgotten_that_nobody_wanted_to,
    _a_job_is_forgotten_whose_submission_is_kept,
    _an_accepted_wish_to_forget_has_no_effect,
    _a_job_is_done_again_before_it_is_over,
)
