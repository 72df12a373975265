"""What the stages get done a second, over the last minute."""

import pytest
from support.status.rig import Rig
from support.status.topics import Log

_STEPS = ("PROCESS_1_RUNNING", "PROCESS_1_DONE", "PROCESS_2_RUNNING", "COMPLETED")


def test_nothing_is_said_until_a_minute_was_observed(rig: Rig, log: Log) -> None:
    """Less would be a guess."""
    # Given a replica that has just caught up, and jobs that are done at once
    _done(rig, log, "a", "b")

    # When a minute passes, then it is said from its end on
    assert rig.rates.per_second() is None
    rig.clock.advance(60)
    assert rig.rates.per_second() is None
    rig.clock.advance(1)
    assert rig.rates.per_second() == {}


def test_a_rate_is_of_the_last_minute(rig: Rig, log: Log) -> None:
    """What was done before it does not count any more."""
    # Given a minute in which one stage did 30 jobs, and both did 6 of them
    rig.clock.advance(61)
    for number in range(30):
        _done(rig, log, f"job-{number}", steps=4 if number < 6 else 2)
        rig.clock.advance(1)

    # When it is over, and when half of it is, and another minute later
    rates = [rig.rates.per_second()]
    rig.clock.advance(45)
    rates.append(rig.rates.per_second())
    rig.clock.advance(60)
    rates.append(rig.rates.per_second())

    # Then the rates are those of the minutes that end there
    assert rates == [{"p1": 0.5, "p2": 0.1}, {"p1": 15 / 60}, {}]


def test_a_job_that_takes_several_steps_in_one_batch_counts_for_each_stage(
    rig: Rig, log: Log
) -> None:
    """Of a batch only the last state of a job is read."""
    # Given a minute that was observed
    rig.clock.advance(61)

    # When a batch has the whole way of one job, and another fails in the second stage
    for status in _STEPS:
        log.state("whole", status)
    log.state("failed", "PROCESS_1_DONE")
    log.state("failed", "FAILED", stage_index=2, stage="p2")
    rig.apply()
    rig.clock.advance(1)

    # Then the first stage is done with two, the last one with one
    assert rig.rates.per_second() == {"p1": 2 / 60, "p2": 1 / 60}


@pytest.mark.parametrize("what", ["the same again", "sent back", "postponed"])
def test_what_is_no_new_end_of_a_stage_is_not_counted(rig: Rig, log: Log, what: str) -> None:
    """A redrive opens the stage that failed; the ones before it do nothing."""
    # Given a job that is through with the first stage, a while ago
    log.state("a", "PROCESS_1_DONE")
    log.state("a", "FAILED", stage_index=2, stage="p2")
    rig.apply()
    rig.clock.advance(121)

    # When it is told of in some other way
    if what == "the same again":
        log.state("a", "PROCESS_1_DONE")
    else:
        attempt = {"attempt": 2} if what == "sent back" else {}
        log.state("a", "RETRY_SCHEDULED", stage_index=2, stage="p2", **attempt)
    rig.apply()
    rig.clock.advance(1)

    # Then nothing was done
    assert rig.rates.per_second() == {}


def test_a_table_that_catches_up_is_no_rate(rig: Rig, log: Log) -> None:
    """What was missed is read faster than any stage works."""
    # Given a replica that has said rates, and then lost its session
    rig.clock.advance(61)
    assert rig.rates.per_second() == {}
    rig.begin()

    # When it reads what it has missed
    _done(rig, log, *[f"job-{number}" for number in range(100)])
    rig.catch_up()

    # Then it says nothing until it has observed a minute
    assert rig.rates.per_second() is None
    rig.clock.advance(61)
    assert rig.rates.per_second() == {}


def _done(rig: Rig, log: Log, *job_ids: str, steps: int = 4) -> None:
    """Have the table read the first *steps* of each job, in one batch."""
    for job_id in job_ids:
        for status in _STEPS[:steps]:
            log.state(job_id, status)
    rig.apply()
