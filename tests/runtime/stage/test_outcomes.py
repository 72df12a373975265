"""What becomes of a record, good or bad, in a real stage process on a real broker."""

from collections.abc import Callable
from typing import Any

import pytest
from support.kafka.cluster import Cluster, Record
from support.processes import Service

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module", autouse=True)
def stage(start_stage: Callable[..., Service]) -> Service:
    """One p1 that meets every record of this module."""
    service = start_stage("p1")
    service.wait_for_event("partition.loaded", count=6)
    return service


def test_a_finished_job_has_one_output_and_a_state_in_the_partition_it_came_from(
    cluster: Cluster,
) -> None:
    """Output and state lie where the submission lay, and agree on the envelope."""
    # Given a job
    cluster.submit(["good-1"], title="ok")

    # When it is done
    state = cluster.wait_for_states(["good-1"], "PROCESS_1_DONE")["good-1"]

    # Then there is one output that carries what the state tells
    (output,) = [value for value in cluster.decoded("jobs.p1-done") if _is(value, "good-1")]
    assert output["job"]["timeline"] == state["timeline"]
    assert [step["status"] for step in state["timeline"]] == [
        "QUEUED",
        "PROCESS_1_RUNNING",
        "PROCESS_1_DONE",
    ]
    assert (state["progress"], state["terminal"], state["error"]) == (50, False, None)
    places = {
        _find(cluster, topic, b"good-1")[-1].partition
        for topic in ("jobs.submitted", "jobs.p1-done", "job-state")
    }
    assert len(places) == 1


def test_a_second_submission_of_a_job_is_dropped(cluster: Cluster) -> None:
    """A producer that repeats itself makes no second output and no second state."""
    # Given a job that was submitted twice, and once more after it was done
    cluster.submit(["twice", "twice"], title="ok")
    cluster.wait_for_states(["twice"], "PROCESS_1_DONE")
    cluster.submit(["twice"], title="permanent:must not run")

    # When a later record of the same partition has been settled
    cluster.produce(
        "jobs.submitted",
        key=b"after-twice",
        value=cluster.submission("after-twice", title="ok"),
        partition=_find(cluster, "jobs.submitted", b"twice")[0].partition,
    )
    cluster.flush()
    states = cluster.wait_for_states(["after-twice"], "PROCESS_1_DONE")

    # Then the job ran once
    assert len(_find(cluster, "jobs.p1-done", b"twice")) == 1
    assert states["twice"]["status"] == "PROCESS_1_DONE"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("bytes", b"\x00\xffnot avro", "not Avro single-object encoding of a known schema"),
        ("empty", None, "the value is empty"),
        ("cut", b"cut", "is no job-submitted v4"),
        ("rest", b"rest", "bytes are left over"),
        ("other", b"other", "the value is a job-progress record; expected job-submitted"),
        ("key", b"key", "the value says 'somebody-else': they must be the same"),
    ],
)
def test_a_record_that_cannot_be_read_is_a_dead_letter_and_a_failed_job(
    cluster: Cluster, name: str, value: bytes | None, words: str
) -> None:
    """The message says what is wrong; the original bytes lie where FAILED points."""
    # Given a record nobody can read
    job_id = f"bad-{name}"
    value = _broken(cluster, job_id).get(name, value)
    cluster.produce("jobs.submitted", key=job_id.encode(), value=value)
    cluster.flush()

    # When the stage has met it
    error = cluster.wait_for_states([job_id], "FAILED")[job_id]["error"]

    # Then the user is told, and the dead letter is the record
    assert words in error["message"]
    assert (error["error_class"], error["retry_available"]) == ("DecodeError", False)
    letter = _dead_letter(cluster, error["dead_letter"])
    assert (letter.key, letter.value) == (job_id.encode(), value or None)
    origin = _find(cluster, "jobs.submitted", job_id.encode())[0]
    assert letter.headers["headway.offset"] == str(origin.offset).encode()
    assert letter.headers["headway.partition"] == str(origin.partition).encode()
    assert words in letter.headers["headway.error.message"].decode()


def test_a_record_without_a_job_id_is_a_dead_letter_only(cluster: Cluster) -> None:
    """Where no job can be named nobody can be told, but nothing is lost and nothing stops."""
    # Given a record without a key, and one with a key that is no job_id, then a good one
    for key, value in ((None, b"nameless"), (b"no job id!", b"misnamed")):
        cluster.produce("jobs.submitted", key=key, value=value, partition=3)
    value = cluster.submission("after-nameless", title="ok")
    cluster.produce("jobs.submitted", key=b"after-nameless", value=value, partition=3)
    cluster.flush()

    # When the good one is done
    states = cluster.wait_for_states(["after-nameless"], "PROCESS_1_DONE")

    # Then the others lie in the dead-letter topic, maybe a frame later, and in no state
    _eventually(lambda: {b"nameless", b"misnamed"} <= _letters(cluster).keys())
    assert _letters(cluster)[b"nameless"] is None
    assert _letters(cluster)[b"misnamed"] == b"no job id!"
    assert "no job id!" not in states


def test_a_key_that_is_missing_is_made_up_for_by_the_value(cluster: Cluster) -> None:
    """A job_id that can be read anywhere in the record is told that it failed."""
    # Given a submission whose producer forgot the key
    cluster.produce("jobs.submitted", key=None, value=cluster.submission("keyless"), partition=2)
    cluster.flush()

    # When the stage has met it, then the job has failed with a reason to act on
    error = cluster.wait_for_states(["keyless"], "FAILED")["keyless"]["error"]
    assert "the key (none) is no job_id" in error["message"]


def test_garbage_under_the_key_of_a_finished_job_changes_nothing_for_it(cluster: Cluster) -> None:
    """A terminal or later state is never overwritten by a record that cannot be read."""
    # Given a finished job
    cluster.submit(["solid"], title="ok")
    cluster.wait_for_states(["solid"], "PROCESS_1_DONE")

    # When garbage comes under its key
    cluster.produce("jobs.submitted", key=b"solid", value=b"garbage for solid")
    cluster.flush()

    # Then it is a dead letter, and the job stays what it was
    _eventually(lambda: b"garbage for solid" in [r.value for r in cluster.read("p1.dlq")])
    assert cluster.newest_states()["solid"]["status"] == "PROCESS_1_DONE"


@pytest.mark.parametrize(
    ("title", "error_class", "message", "retry_available"),
    [
        ("permanent:Line 3 is odd", "PermanentError", "Line 3 is odd", False),
        ("transient:99", "TransientError", "failure 9", True),
        ("bug", "LookupError", "nobody expected this", True),
        ("huge", "PermanentError", "large data belongs in the object store", False),
    ],
)
def test_a_job_the_handler_gives_up_fails_with_its_message(
    cluster: Cluster, title: str, error_class: str, message: str, *, retry_available: bool
) -> None:
    """The exception decides whether a retry may help; the user reads the words of the last one.

    One that may help had three calls in place, each of the three times that the job came.
    """
    # Given a job whose handler raises
    job_id = f"gives-up-{title[:4]}"
    cluster.submit([job_id], title=title)

    # When the stage gives it up
    state = cluster.wait_for_states([job_id], "FAILED")[job_id]

    # Then the state says why, how far it had come, and where the record lies
    error = state["error"]
    assert message in error["message"]
    assert (error["error_class"], error["retry_available"]) == (error_class, retry_available)
    assert (state["terminal"], state["progress"], error["stage"]) == (True, 40, "p1")
    letter = _dead_letter(cluster, error["dead_letter"])
    assert letter.value == cluster.submission(job_id, title=title)
    assert not _find(cluster, "jobs.p1-done", job_id.encode())


def test_a_transient_error_is_tried_again_in_place(cluster: Cluster) -> None:
    """Two failures and a success are a success."""
    # Given a job that fails twice
    cluster.submit(["third-time"], title="transient:2")

    # When it is tried again, then it is done
    state = cluster.wait_for_states(["third-time"], "PROCESS_1_DONE")["third-time"]
    assert state["error"] is None


def _broken(cluster: Cluster, job_id: str) -> dict[str, bytes]:
    good = cluster.submission(job_id)
    progress = {
        "job_id": job_id,
        "attempt": 1,
        "stage_index": 1,
        "progress": 1,
        "note": "",
        "at": 0,
    }
    return {
        "cut": good[:-3],
        "rest": good + b"!",
        "other": cluster.codec.encode("job-progress", progress),
        "key": cluster.submission("somebody-else"),
    }


def _find(cluster: Cluster, topic: str, key: bytes) -> list[Record]:
    return [record for record in cluster.read(topic) if record.key == key]


def _letters(cluster: Cluster) -> dict[bytes | None, bytes | None]:
    """Their keys by their values."""
    return {record.value: record.key for record in cluster.read("p1.dlq")}


def _dead_letter(cluster: Cluster, place: dict[str, Any]) -> Record:
    assert place["topic"] == cluster.catalog["p1.dlq"].name
    (letter,) = [
        record
        for record in cluster.read("p1.dlq")
        if (record.partition, record.offset) == (place["partition"], place["offset"])
    ]
    return letter


def _is(value: dict[str, Any], job_id: str) -> bool:
    return bool(value["job"]["job_id"] == job_id)


def _eventually(condition: Callable[[], bool]) -> None:
    """Reading a topic takes its time, so the condition paces itself."""
    for _ in range(100):
        if condition():
            return
    pytest.fail("the condition never became true")
