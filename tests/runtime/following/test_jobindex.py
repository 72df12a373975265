"""What a partition knows of its jobs: which record of which attempt is to be handled."""

import sys
import tracemalloc

import pytest

from headway.following.jobindex import JobIndex

_FAR = 2**63 - 1


@pytest.fixture
def jobs() -> JobIndex:
    return JobIndex()


@pytest.mark.parametrize("attempt", [1, 2, 1_000_000])
@pytest.mark.parametrize("offset", [0, 5, _FAR])
def test_the_first_record_of_an_attempt_opens_it(jobs: JobIndex, attempt: int, offset: int) -> None:
    """It may come again, after a crash; another one of the attempt is a duplicate."""
    # Given a record that is taken
    taken = jobs.takes("job", attempt, offset)
    # When it comes again, and another
    again, other = (jobs.takes("job", attempt, at) for at in (offset, offset ^ 1))
    # Then only that very record is handled
    assert (taken, again, other) == (True, True, False)


@pytest.mark.parametrize("settled", [False, True])
def test_a_record_of_a_higher_attempt_is_no_duplicate_and_one_of_a_lower_is(
    jobs: JobIndex, *, settled: bool
) -> None:
    """Identity is the job and the attempt, and the newest attempt counts."""
    # Given a job whose second attempt is opened or over
    jobs.takes("job", 2, 40)
    if settled:
        jobs.settle("job", 2)
    # When records of the attempts around it come
    lower, higher, late = (jobs.takes("job", attempt, 50) for attempt in (1, 3, 2))
    # Then only the higher one is handled, and what is below it is over
    assert (lower, higher, late) == (False, True, False)


@pytest.mark.parametrize("attempt", [1, 2, 7])
def test_nothing_of_a_settled_attempt_is_handled(jobs: JobIndex, attempt: int) -> None:
    """Not even the record that opened it, wherever the group's offsets are moved."""
    # Given an attempt that was opened and is over
    jobs.open("job", attempt, 4)
    jobs.settle("job", attempt)
    # When old news of it and of those below comes
    jobs.open("job", attempt, 4)
    jobs.settle("job", attempt - 1)
    # Then it is over
    assert not jobs.takes("job", attempt, 4)
    assert jobs.takes("job", attempt + 1, 4)


def test_an_attempt_that_nobody_knows_the_record_of_is_opened_by_none(jobs: JobIndex) -> None:
    """Its state says so by an offset of -1."""
    # Given such an attempt
    jobs.open("job", 2, -1)
    # When its records come, then none is handled
    assert [jobs.takes("job", 2, offset) for offset in (0, 1)] == [False, False]


def test_before_the_first_attempt_there_is_nothing_to_settle(jobs: JobIndex) -> None:
    """So a job in its first attempt has no entry in later stages."""
    # Given what a later stage is told of such a job
    jobs.settle("job", 0)
    # When it is looked for, then it is not known
    assert len(jobs) == 0


def test_what_is_settled_outlives_the_openings(jobs: JobIndex) -> None:
    """When a log is another one than it was, offsets mean nothing and ends still do."""
    # Given jobs of every kind
    jobs.settle("over", 1)
    jobs.open("opened", 1, 40)
    jobs.open("again", 2, 41)
    # When openings are forgotten
    jobs.forget_openings()
    # Then whichever record comes first opens, and what was over stays so
    assert [jobs.takes(job_id, 1, 7) for job_id in ("over", "opened", "again")] == [
        False,
        True,
        False,
    ]
    assert jobs.takes("again", 2, 7)


def test_a_forgotten_job_begins_anew(jobs: JobIndex) -> None:
    """Its job_id may be used again."""
    # Given a job that is over in its third attempt, and is deleted
    jobs.settle("job", 3)
    jobs.forget("job")
    jobs.forget("never known")
    # When a first record comes, then it is handled
    assert jobs.takes("job", 1, 0)


def test_attempts_cost_the_index_nothing_per_job() -> None:
    """A job in its first attempt takes its key and its place in the table, no object more."""
    # Given the names of many jobs, in a table of nothing
    job_ids = [f"job-{number}" for number in range(10_000)]
    bare = sys.getsizeof(dict.fromkeys(job_ids))
    # When all of them are known to be over
    tracemalloc.start(10)
    jobs = JobIndex()
    for job_id in job_ids:
        jobs.settle(job_id, 1)
    traced = tracemalloc.take_snapshot()
    tracemalloc.stop()
    # Then the index is as large as that table; what other threads of the process took is not of it
    ours = traced.filter_traces(
        [tracemalloc.Filter(inclusive=True, filename_pattern=__file__, all_frames=True)]
    )
    used = sum(trace.size for trace in ours.traces)
    assert len(jobs) == len(job_ids)
    assert bare <= used < bare + 10_000
