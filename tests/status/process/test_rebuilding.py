"""A table that has to begin again: topics made anew, a lost file, a file of other topics."""

import time

import pytest
from support.kafka.cluster import Cluster
from support.status.events.sse import Event, SseRecorder
from support.status.records import Records
from support.status.service import StatusService, Writer, Written
from support.status.truth import latest
from support.waiting import DEADLINE_SECONDS, wait_until

from headway.declared.pipeline import Pipeline
from headway.edges import kafka
from headway.topics.provisioning import ensure_topics
from status.reading.cluster import sources_of
from status.reading.session import Session, TableAhead
from status.table.position import Source

pytestmark = pytest.mark.broker


def test_topics_made_anew_are_noticed_and_readers_told(
    service: StatusService, cluster: Cluster, writer: Writer, records: Records
) -> None:
    """Offsets begin again, so nothing known before may be mixed with what comes."""
    # Given a reader that knows a job
    writer.commit(Written("jobs.submitted", "old", records.submission("old")))
    with SseRecorder(f"{service.url}/events") as recorder:
        recorder.wait_for(lambda events: len(events) == 1)

        # When the topics are deleted and made again, and another job is written
        admin = kafka.admin_client(cluster.options)
        for deleted in admin.delete_topics(
            [t.name for t in cluster.catalog.topics.values()]
        ).values():
            deleted.result(timeout=DEADLINE_SECONDS)
        _make_topics(cluster)
        Writer(cluster).commit(Written("jobs.submitted", "new", records.submission("new")))
        recorder.wait_for(told_anew, seconds=DEADLINE_SECONDS)

    # Then the reader has forgotten the old job, knows the new one, and so does the service
    assert latest(recorder.events) == {"new": "QUEUED"}
    assert service.get("/jobs/old").status_code == 404


def test_a_lost_file_is_rebuilt_where_the_topic_has_forgotten_its_beginning(
    service: StatusService, cluster: Cluster, writer: Writer, records: Records
) -> None:
    """jobs.submitted keeps a week; what is left of it is read."""
    # Given two submissions, of which the topic has forgotten the first
    places = [
        writer.commit(Written("jobs.submitted", job_id, records.submission(job_id)))[0]
        for job_id in ("old", "new")
    ]
    partition, offset = map(int, places[0].split(":"))
    topic = cluster.catalog["jobs.submitted"].name
    forgotten = kafka.TopicPartition(topic, partition, offset + 1)
    admin = kafka.admin_client(cluster.options)
    for deleted in admin.delete_records([forgotten]).values():
        deleted.result(timeout=DEADLINE_SECONDS)

    # When the service loses its file and begins again
    service.kill()
    service.lose_file()
    service.start()

    # Then it knows the second alone
    assert service.get("/jobs/new").status_code == 200
    assert service.get("/jobs/old").status_code == 404


def test_a_table_that_is_ahead_of_kafka_is_found_out_at_the_start(cluster: Cluster) -> None:
    """Kafka lost records, or the file is of a copy of the cluster."""
    # Given topics without a record
    sources = sources_of(cluster.catalog, Pipeline.load())

    # When a reader wants to go on at the fifth, then it is told which of the two ends where
    with pytest.raises(TableAhead, match="ends at 0, the table at 5"):
        Session(cluster.options, sources, {(Source.STATE, 2): 5})


def test_a_table_that_is_rebuilt_knows_a_job_that_came_again_after_it_was_deleted(
    service: StatusService, writer: Writer, records: Records
) -> None:
    """Submissions are read behind the tombstones: the first one does not hide the second."""
    # Given a job that was finished, deleted and submitted again
    submission = Written("jobs.submitted", "a", records.submission("a"))
    writer.commit(submission)
    writer.commit(Written("job-state", "a", records.state("a", "COMPLETED")))
    writer.commit(Written("job-state", "a", None))
    wait_until(lambda: service.get("/jobs/a").status_code == 404)
    writer.commit(submission)
    wait_until(lambda: service.get("/jobs/a").status_code == 200)

    # When the service loses its file and begins again
    service.kill()
    service.lose_file()
    service.start()

    # Then the job is there, and queued
    assert service.get("/jobs/a").json()["status"] == "QUEUED"


def told_anew(events: list[Event]) -> bool:
    """Whether a reset came, and a job after it."""
    names = [event.event for event in events]
    return "reset" in names and names[-1] == "job"


def _make_topics(cluster: Cluster) -> None:
    """A name is free a moment after its topic was deleted."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        try:
            ensure_topics(cluster.options, cluster.catalog)
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return
