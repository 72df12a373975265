"""Faults planted into what a correct pipeline wrote: of outputs, states and whole jobs.

Each is given a history and says which job it has spoiled.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from support.auditing.finding import (
    FIRST,
    LAST,
    RUNNING,
    copied,
    ended,
    last_failed,
    readable,
    redriven,
    simple,
)
from support.auditing.topics import PIPELINE, Rec, Topics

from headway.auditing.findings import Kind

_COMPLETED = LAST.done.name


@dataclass(frozen=True, slots=True)
class Fault:
    """*kind* is what it must be found as; what else it does unavoidably is found as `beside`.

    `compacted`: it is to be found as well where compaction has left one state a job.
    """

    plant: Callable[[Topics], str]
    kind: Kind
    beside: frozenset[Kind] = frozenset()
    compacted: bool = True

    @property
    def name(self) -> str:
        return self.plant.__name__.strip("_")


def fault(
    kind: Kind, *beside: Kind, compacted: bool = True
) -> Callable[[Callable[[Topics], str]], Fault]:
    """Make a fault of the function that plants it."""

    def made(plant: Callable[[Topics], str]) -> Fault:
        return Fault(plant, kind, frozenset(beside), compacted)

    return made


def _of_attempt(record: Rec, attempt: int) -> dict[str, Any]:
    return {"job": {**record.told["job"], "attempt": attempt}}


@fault(Kind.LOST_OUTPUT)
def _an_output_is_lost(topics: Topics) -> str:
    job_id = simple(topics, _COMPLETED)
    topics.remove(FIRST.sink, topics.of(FIRST.sink, job_id)[0])
    return job_id


@fault(Kind.OUTPUT_TWICE)
def _an_output_is_doubled(topics: Topics) -> str:
    job_id = simple(topics, _COMPLETED)
    copied(topics, LAST.sink, topics.of(LAST.sink, job_id)[0])
    return job_id


@fault(Kind.OUTPUT_OF_FAILED)
def _a_failed_attempt_has_an_output(topics: Topics) -> str:
    job_id, state, _, _ = last_failed(topics)
    stage = PIPELINE.stage(state.told["stage"])
    other = topics.records[stage.sink][0]
    job = {name: state.told[name] for name in other.told["job"]}
    copied(topics, stage.sink, other, job=job).key = state.key
    return job_id


@fault(Kind.OUTPUT_OF_CANCELLED)
def _a_cancelled_attempt_has_an_output(topics: Topics) -> str:
    job_id = simple(topics, PIPELINE.cancelled)
    state = topics.states(job_id)[-1]
    stage = PIPELINE.stage(state.told["stage"])
    other = topics.records[stage.sink][0]
    job = {name: state.told[name] for name in other.told["job"]}
    copied(topics, stage.sink, other, job=job).key = state.key
    return job_id


@fault(Kind.OUTPUT_UNTOLD)
def _an_output_comes_before_its_stage_is_done(topics: Topics) -> str:
    job_id = next(ended(topics, FIRST.done.name))
    output = topics.of(FIRST.sink, job_id)[-1]
    other = topics.records[LAST.sink][0]
    copied(topics, LAST.sink, other, job=output.told["job"]).key = output.key
    return job_id


@fault(Kind.RUN_TWICE)
def _a_duplicate_is_run(topics: Topics) -> str:
    job_id = simple(topics, _COMPLETED, submissions=2)
    output = topics.of(LAST.sink, job_id)[0]
    second = readable(topics, job_id)[1]
    job = {**output.told["job"], "submitted_offset": second.offset}
    copied(topics, LAST.sink, output, job=job)
    return job_id


@fault(Kind.ATTEMPT_UNOPENED, Kind.LOST_OUTPUT, Kind.OUTPUT_UNTOLD)
def _an_output_has_a_wrong_attempt(topics: Topics) -> str:
    job_id = simple(topics, _COMPLETED)
    output = topics.of(LAST.sink, job_id)[0]
    output.value = {**output.told, **_of_attempt(output, 7)}
    return job_id


@fault(Kind.STATE_BACK, compacted=False)
def _a_state_goes_back(topics: Topics) -> str:
    for job_id in ended(topics, _COMPLETED):
        for earlier, later in pairwise(topics.states(job_id)):
            told = [record.told["status"] for record in (earlier, later)]
            if told == [FIRST.done.name, LAST.running.name]:
                earlier.value, later.value = later.value, earlier.value
                return job_id
    raise LookupError


@fault(Kind.STATE_BACK, Kind.STATE_AFTER_END, compacted=False)
def _a_stage_goes_back_to_an_older_attempt(topics: Topics) -> str:
    job_id, _, _ = next(redriven(topics, FIRST.name))
    states = topics.states(job_id)
    copied(topics, PIPELINE.state, states[-1])
    first = next(r for r in states if r.told["attempt"] == states[0].told["attempt"])
    moved = topics.states(job_id)[-1]
    moved.value = dict(first.told)
    return job_id


@fault(Kind.STATE_AFTER_END, compacted=False)
def _a_state_follows_the_end(topics: Topics) -> str:
    job_id, running = next(
        (each, state)
        for each in ended(topics, _COMPLETED)
        for state in topics.states(each)
        if state.told["status"] in RUNNING
        and state.told["attempt"] == topics.states(each)[-1].told["attempt"]
    )
    copied(topics, PIPELINE.state, running)
    return job_id


@fault(Kind.STATE_UNFIT)
def _a_state_says_it_is_over_and_is_not(topics: Topics) -> str:
    job_id = next(ended(topics, FIRST.done.name))
    topics.states(job_id)[-1].told["terminal"] = True
    return job_id


@fault(Kind.LOST_JOB)
def _nothing_is_said_of_a_submission(topics: Topics) -> str:
    job_id = simple(topics, _COMPLETED)
    for topic in (PIPELINE.state, FIRST.sink, LAST.sink):
        for record in topics.of(topic, job_id):
            topics.remove(topic, record)
    for topic, record in topics.waiting(job_id):
        topics.remove(topic, record)
    return job_id


@fault(Kind.LOST_JOB)
def _a_job_that_waits_is_forgotten(topics: Topics) -> str:
    job_id = next(ended(topics, PIPELINE.retry_scheduled))
    state = topics.states(job_id)[-1].told
    topic = next(t for t, _ in topics.waiting(job_id) if state["waits_at"]["topic"].endswith(t))
    topics.done[state["stage_index"], topic][state["waits_at"]["offset"]] = 0
    return job_id


@fault(Kind.LOST_JOB)
def _a_job_that_was_handed_over_is_forgotten(topics: Topics) -> str:
    job_id = next(ended(topics, FIRST.done.name))
    output = topics.of(FIRST.sink, job_id)[-1]
    topics.done[LAST.index, FIRST.sink][output.offset] = 0
    return job_id


@fault(Kind.JOB_UNSUBMITTED)
def _a_job_comes_from_nowhere(topics: Topics) -> str:
    job_id = simple(topics, _COMPLETED)
    for record in topics.of(PIPELINE.source, job_id):
        topics.remove(PIPELINE.source, record)
    return job_id


OF_RUNS = (
    _an_output_is_lost,
    _an_output_is_doubled,
    _a_failed_attempt_has_an_output,
    _a_cancelled_attempt_has_an_output,
    _an_output_comes_before_its_stage_is_done,
    _a_duplicate_is_run,
    _an_output_has_a_wrong_attempt,
    _a_state_goes_back,
    _a_stage_goes_back_to_an_older_attempt,
    _a_state_follows_the_end,
    _a_state_says_it_is_over_and_is_not,
    _nothing_is_said_of_a_submission,
    _a_job_that_waits_is_forgotten,
    _a_job_that_was_handed_over_is_forgotten,
    _a_job_comes_from_nowhere,
)
