"""Work topics are trimmed: below what is done, older than what is kept, never what is needed."""

from typing import Any

import pytest
from support.fake_kafka.broker import FakeBroker
from support.scheduling.rig import FakeScheduling
from support.scheduling.states import failed, held, state
from support.scheduling.trimmed import TrimmedTopics

from headway.edges import kafka
from scheduler.keeping.needed import Needed
from scheduler.lane.job import Job
from scheduler.passes.errand import Done


@pytest.fixture
def topics(scheduling: FakeScheduling) -> TrimmedTopics:
    return TrimmedTopics(scheduling)


@pytest.mark.parametrize(
    ("done", "keep_hours", "first"),
    [(7, 1, 7), (10, 4, 6), (10, 20, 0), (0, 0, 0), (10, 0, 10)],
    ids=["done", "old", "nothing old", "nothing done", "all"],
)
def test_what_is_done_and_older_than_what_is_kept_goes(
    topics: TrimmedTopics, done: int, keep_hours: int, first: int
) -> None:
    """Whichever bound comes first."""
    # Given a stage that is done so far
    topics.commit("p1", jobs_submitted=done)

    # When topics are trimmed
    told = topics.trim(keep_hours)

    # Then so much is gone, and is told
    assert (topics.first("jobs.submitted"), told) == (first, Done(first, first))


def test_a_dry_run_says_what_would_go(topics: TrimmedTopics) -> None:
    """And nothing goes."""
    # Given a stage that is done with all, when it is asked what would go, then that is all told
    topics.commit("p1", jobs_submitted=10)
    assert topics.trim(1, dry=True) == Done(9, 0)
    assert topics.first("jobs.submitted") == 0


def test_what_nobody_has_committed_stays(topics: TrimmedTopics) -> None:
    """A stage that never ran has everything to do; another's offsets say nothing of it."""
    # Given only the second stage's offsets, of its own source
    topics.commit("p2", jobs_p1_done=5)
    topics.broker.groups["p2"].committed["jobs.p1-done", 0] = (5, "")

    # When topics are trimmed, then its source alone is
    topics.trim(1)
    names = ("jobs.submitted", "p1.retry.1", "p1.held", "jobs.p1-done")
    assert [topics.first(name) for name in names] == [0, 0, 0, 5]


def test_a_record_that_a_job_waits_by_stays(topics: TrimmedTopics) -> None:
    """Its offset is done where it was passed over: it is read by its place when it is released."""
    # Given held and postponed jobs whose records are passed over, and one that has gone on since
    topics.commit("p1", jobs_submitted=10)
    topics.broker.groups["p1"].committed |= {("p1.held", 0): (10, ""), ("p1.retry.1", 0): (10, "")}
    places = {f"job-{o}": {"topic": "p1.held", "partition": 0, "offset": o} for o in (2, 4, 7)}
    topics.scheduling.say(*(held(job_id, waits_at=at) for job_id, at in places.items()))
    topics.scheduling.say(state("job-2"))
    waits = {"topic": "p1.retry.1", "partition": 0, "offset": 8}
    topics.scheduling.say(state("job-8", "RETRY_SCHEDULED", waits_at=waits, terminal=False))

    # When topics are trimmed, then nothing is from the first record on that is needed
    topics.trim(1)
    assert [topics.first(name) for name in ("p1.held", "p1.retry.1")] == [4, 8]
    assert topics.first("jobs.submitted") == 9


def test_a_job_needs_what_its_newest_state_names() -> None:
    """And nothing once it has gone on or was forgotten."""
    # Given jobs whose records lie somewhere
    needed = Needed()
    first, second = failed("a"), failed("b")
    second["error"] = {**second["error"], "dead_letter": _letter(9)}

    # When they are followed, then what they need is known at every step
    for told in (first, second):
        needed.take(told["job_id"], Job(0, told))
    assert needed.lowest() == {("p1.dlq", 0): 3}
    assert needed.letters(("p1.dlq", 0)) == {3, 9}
    needed.take("a", Job(1, state("a")))
    assert needed.lowest() == {("p1.dlq", 0): 9}
    needed.take("b", None)
    assert needed.lowest() == {}


def test_a_cluster_that_does_not_answer_leaves_all_as_it_is(
    topics: TrimmedTopics, scheduling: FakeScheduling
) -> None:
    """It is tried again later."""
    # Given a cluster that refuses to say where records of a time lie
    topics.commit("p1", jobs_submitted=10)
    away = kafka.KafkaException(kafka.KafkaError(kafka.KafkaError._TIMED_OUT))
    _fail(scheduling.broker, away)

    # When topics are to be trimmed, then that is told and nothing goes
    with pytest.raises(kafka.KafkaException):
        topics.trim(1)
    assert topics.first("jobs.submitted") == 0


def _fail(broker: FakeBroker, error: kafka.KafkaException) -> None:
    broker.faults.fail("admin.list_offsets", error)


def _letter(offset: int) -> dict[str, Any]:
    return {"topic": "p1.dlq", "partition": 0, "offset": offset}
