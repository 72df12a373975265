"""Nothing is found where all is well: whatever jobs met, however little of it is still there."""

import random
from collections import Counter
from copy import deepcopy
from dataclasses import replace
from functools import cache

import pytest
from support.auditing.simulator import Chances, holding, quiet, simulate
from support.auditing.topics import Topics, extent
from support.kafka.messages import SUBMITTED_AT

from headway.auditing.checker import Verdict, judge
from headway.auditing.history import Share, Terms

_SEEDS = range(8)
#: From this one on, many jobs are held.
_HOLDING_FROM = 6
_JOBS = 60


@cache
def _written(seed: int) -> Topics:
    return simulate(seed, _JOBS, _chances(seed))


def _chances(seed: int) -> Chances:
    return holding() if seed >= _HOLDING_FROM else Chances()


def _told(verdict: Verdict) -> list[str]:
    return [str(finding) for finding in verdict.findings]


def _over(topics: Topics) -> int:
    return max(record.written for records in topics.records.values() for record in records)


@pytest.mark.parametrize("seed", _SEEDS)
def test_nothing_is_found_in_what_a_correct_pipeline_wrote(seed: int) -> None:
    """Crashes, later tries, redrives, cancels, duplicates, garbage; with all states, or few."""
    # Given all that it wrote, and the same after compaction
    topics, compacted = _written(seed), simulate(seed, _JOBS, _chances(seed))
    compacted.compact()

    # When both are judged, then nothing is found, and every job is somewhere
    whole, less = judge(topics.history()), judge(compacted.history(Terms()))
    assert _told(whole) == _told(less) == []
    assert whole.jobs == less.jobs
    assert whole.jobs.total() == _JOBS
    assert (whole.clean, whole.faulty, whole.moving) == (True, 0, 0)


@pytest.mark.parametrize("seed", _SEEDS)
def test_nothing_is_found_where_jobs_are_done_again_and_forgotten(seed: int) -> None:
    """From whatever stage, asked twice; what was forgotten is counted and no job any more."""
    # Given what a pipeline wrote in which much of that happens, and the same after compaction
    chances = replace(Chances(), reprocess=0.5, forget=0.3)
    topics, compacted = (simulate(seed, _JOBS, chances) for _ in range(2))
    compacted.compact()

    # When both are judged, then nothing is found
    whole, less = judge(topics.history()), judge(compacted.history(Terms()))
    assert _told(whole) == _told(less) == []
    assert whole.jobs.total() + whole.forgotten == _JOBS
    assert whole.forgotten == less.forgotten > 0
    assert whole.facts["commands to reprocess accepted"] > 0


def test_a_history_has_everything_in_it() -> None:
    """What is never simulated would be judged by nobody."""
    # Given some histories
    seen = Counter[str]()
    for seed in _SEEDS:
        verdict = judge(_written(seed).history())
        seen += verdict.facts + verdict.jobs

    # When what is in them is looked at, then nothing that can be is missing
    wanted = {"duplicate submissions", "redrives accepted", "redrives refused", "times put off"}
    wanted |= {"dead letters of p1", "dead letters of p2", "COMPLETED", "FAILED", "CANCELLED"}
    wanted |= {"QUEUED for p1", "handed over to p2", "RETRY_SCHEDULED in p1"}
    wanted |= {"times held", "SCHEDULED in p1", "SCHEDULED in p2"}
    assert wanted <= seen.keys(), seen


@pytest.mark.parametrize("seed", _SEEDS)
def test_nothing_is_found_from_any_moment_on(seed: int) -> None:
    """What retention has removed, or nobody asked for, is held against nobody."""
    # Given what a correct pipeline wrote, each topic from a moment of its own on
    topics, chance = _written(seed), random.Random(seed)
    end = _over(topics)
    for _ in range(4):
        extents = {
            topic: extent(records, since=chance.randint(SUBMITTED_AT, end))
            for topic, records in topics.records.items()
        }

        # When it is judged, then nothing is found
        assert _told(judge(topics.history(Terms(), extents))) == []


@pytest.mark.parametrize("seed", _SEEDS)
def test_nothing_is_found_while_jobs_move(seed: int) -> None:
    """Topics end at moments of their own while jobs go on: what moves then is not judged."""
    # Given what was committed at a moment, and topics that were read to one soon after it
    topics, chance = _written(seed), random.Random(seed)
    end = _over(topics)
    for _ in range(4):
        cut = chance.randint(SUBMITTED_AT, end)
        extents = {
            topic: extent(records, until=cut + chance.randint(0, 3000))
            for topic, records in topics.records.items()
        }

        # When it is judged by that moment, then nothing is found
        history = topics.history(Terms(cut=cut, complete=True), extents, done_by=cut)
        assert _told(judge(history)) == []


def test_jobs_are_counted_by_where_they_are() -> None:
    """Numbers are what a user reads first."""
    # Given a pipeline in which nothing goes wrong
    topics = simulate(7, 20, quiet())

    # When it is judged
    verdict = judge(topics.history())

    # Then all have completed, with an output a stage
    assert verdict.jobs == {"COMPLETED": 20}
    assert verdict.facts["outputs of p1"] == verdict.facts["outputs of p2"] == 20
    assert verdict.records["job-state"] == len(topics.records["job-state"])


def test_a_deleted_job_is_counted_and_not_judged() -> None:
    """A tombstone in job-state says that it is to be forgotten."""
    # Given completed jobs, one of which is deleted, its outputs with it
    topics = simulate(7, 3, quiet())
    topics.append("job-state", topics.records["job-state"][0]).value = None
    spoiled = topics.records["job-state"][-1].job_id
    for record in topics.of("jobs.p2-done", spoiled):
        topics.remove("jobs.p2-done", record)

    # When all are judged, then it is one that was forgotten
    verdict = judge(topics.history())
    assert (verdict.forgotten, verdict.jobs.total(), verdict.clean) == (1, 2, True)


def test_shares_of_a_number_add_up_to_it() -> None:
    """What does not fit in memory at once is judged in parts, and every job once."""
    # Given a history, and in it a submission that names its job inside alone
    topics = simulate(3, _JOBS)
    submitted = topics.records["jobs.submitted"]
    hidden = topics.append("jobs.submitted", deepcopy(submitted[0]))
    hidden.key = b"no job_id!"
    whole = judge(topics.history())

    # When it is judged in shares, then together they say what the whole says
    parts = Verdict()
    for number in range(4):
        judge(topics.history(share=Share(number, 4)), parts)
    assert (parts.jobs, parts.records, parts.nameless) == (
        whole.jobs,
        whole.records,
        whole.nameless,
    )
    assert _told(parts) == _told(whole) == []


def test_chances_are_within_reason() -> None:
    """The simulator's own numbers: a history in which nothing happens shows nothing."""
    # Given the defaults, when they are looked at, then each may happen and need not
    asked_for = {"reprocess", "forget", "hold"}
    usual = [name for name in Chances.__slots__ if name not in asked_for]
    assert all(0 < getattr(Chances(), name) < 1 for name in usual)
