"""How many jobs wait for a stage, run in it or are to be tried again there, and since when."""

import random
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.status.records import START_MS, Records
from support.status.rig import Rig
from support.status.stages.lines import Lines
from support.status.topics import Log

from headway.wire.codec import Codec
from status.stages.queues import _FIRST_SINCE, _FIRST_SUBMITTED

CODEC = Codec()
SEEDS = st.integers(0, 2**32).map(random.Random)
#: The same examples at every run, and nothing kept between them.
_property = settings(max_examples=25, deadline=None, derandomize=True, database=None)


def test_a_job_waits_from_its_submission_until_its_stage_says_that_it_runs(
    rig: Rig, log: Log
) -> None:
    """And for the next stage from the end of the one before; behind the last it waits for none."""
    # Given a job, when it goes its way
    seen = []
    log.submission("a")
    for status in ("PROCESS_1_RUNNING", "PROCESS_1_DONE", "PROCESS_2_RUNNING", "COMPLETED"):
        rig.apply()
        seen.append([(q.waiting, q.running) for q in rig.queues().stages])
        log.state("a", status)
    rig.apply()

    # Then it is at one place at a time
    seen.append([(q.waiting, q.running) for q in rig.queues().stages])
    assert seen == [
        [(1, 0), (0, 0)],
        [(0, 1), (0, 0)],
        [(0, 0), (1, 0)],
        [(0, 0), (0, 1)],
        [(0, 0), (0, 0)],
    ]


def test_the_oldest_of_a_line_is_the_one_that_waits_longest(rig: Rig, log: Log) -> None:
    """By its submission, or by the end of the stage before; whoever has gone on is not asked."""
    # Given jobs in both lines, and older ones that have gone on
    for job_id in ("gone on", "oldest", "younger"):
        log.submission(job_id)
    log.state("gone on", "PROCESS_1_RUNNING", updated_at=START_MS)
    for number, job_id in enumerate(("through", "third", "first", "second")):
        log.state(job_id, "PROCESS_1_DONE", updated_at=START_MS + 1000 * number)
    log.state("through", "PROCESS_2_RUNNING")
    log.state("third", "CANCELLED")
    rig.apply()
    oldest = rig.row("oldest").submitted_at

    # When the lines are looked at
    first, second = rig.queues().stages

    # Then these are the ages, and none is below zero where clocks differ
    assert (first.oldest_at, second.oldest_at) == (oldest, START_MS + 2000)
    assert first.oldest_seconds(oldest + 1500) == 1.5
    assert second.oldest_seconds(START_MS) == 0


def test_a_line_in_which_nobody_waits_has_no_age(rig: Rig) -> None:
    """It is 0, not the age of whoever was the last."""
    # Given no jobs, when the lines are looked at, then nobody waits and nothing is overdue
    for queue in rig.queues().stages:
        assert (queue.oldest_seconds(START_MS), queue.overdue_seconds(START_MS)) == (0, 0)


def test_tries_to_come_are_told_of_the_stage_that_has_them(rig: Rig, log: Log) -> None:
    """With how long the earliest of them is overdue."""
    # Given jobs that wait to be tried again, most of them by the other stage
    for number in range(5):
        due = {"due_at": START_MS + 1000 * number}
        log.state(f"p1 {number}", "RETRY_SCHEDULED", **due)
    log.state("p2", "RETRY_SCHEDULED", stage_index=2, stage="p2", due_at=START_MS + 9000)
    log.state("p1 0", "PROCESS_1_RUNNING", attempt=2)
    rig.apply()

    # When the stages are looked at
    first, second = rig.queues().stages

    # Then each has its own, of which one is overdue and the other not yet
    assert (first.retries_pending, second.retries_pending) == (4, 1)
    assert (first.due_at, second.due_at) == (START_MS + 1000, START_MS + 9000)
    assert first.overdue_seconds(START_MS + 4000) == 3
    assert second.overdue_seconds(START_MS + 4000) == 0


def test_a_state_cut_off_before_its_due_time_still_counts(
    rig: Rig, log: Log, records: Records
) -> None:
    """The job is shown; when it is due nobody knows."""
    # Given a job that waits to be tried again, the end of its state lost
    value = records.state("a", "RETRY_SCHEDULED", due_at=START_MS)
    log.append("job-state", "a", value[:-12])
    rig.apply()

    # When its stage is looked at, then it is there
    stage = rig.queues().stages[0]
    assert (stage.retries_pending, stage.due_at) == (1, None)


@pytest.mark.parametrize("look_up", [_FIRST_SUBMITTED, _FIRST_SINCE])
def test_a_look_up_takes_the_first_entry_of_an_index(rig: Rig, look_up: str) -> None:
    """So its cost is the same at ten jobs and at ten million."""
    # Given a table, when it is asked how it would look up the first of a line
    values = ("QUEUED", 0)[: look_up.count("?")]
    with rig.table.snapshot() as snapshot:
        plan = [step[3] for step in snapshot.rows(f"EXPLAIN QUERY PLAN {look_up}", values)]

    # Then it walks over no jobs, and sorts none
    assert len(plan) == 1
    assert re.fullmatch(r"SEARCH jobs USING (COVERING )?INDEX jobs_(by_status|in_line) .*", plan[0])


@_property
@given(rng=SEEDS)
def test_numbers_are_those_of_a_plain_count_however_the_topics_were_read(
    rng: random.Random,
) -> None:
    """Live or rebuilt, in batches of any size; deleted jobs count nowhere."""
    # Given jobs that end anywhere on their way
    lines = Lines(rng, jobs=30)

    # When one replica hears of them live, and another is made anew from what is left
    live, rebuilt = _read(rng, lines, anew=False), _read(rng, lines, anew=True)

    # Then both say what a plain count says
    assert live == rebuilt == lines.expected


def _read(rng: random.Random, lines: Lines, *, anew: bool) -> object:
    """What a replica says that is caught up before it reads on, or only at the end."""
    records = Records(CODEC)
    with TemporaryDirectory() as folder:
        rig = Rig(Path(folder), Log(records), CODEC)
        rig.begin()
        if not anew:
            rig.catch_up()
        for write in lines.left() if anew else lines.told:
            write(rig.log)
            if rng.random() < (0.05 if anew else 0.5):
                rig.apply()
        rig.catch_up()
        found = rig.queues()
        rig.close()
    return [queue[2:] for queue in found.stages], found.jobs
