"""The real process on a real broker."""

import itertools
import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from support.kafka.cluster import Cluster
from support.processes import Service
from support.status.records import STEPS, Records
from support.status.service import StatusService, Writer, Written
from support.status.sse import Event, SseRecorder
from support.waiting import DEADLINE_SECONDS, wait_until

from headway.declared.pipeline import Pipeline
from headway.edges import kafka
from headway.topics.provisioning import ensure_topics
from headway.wire.codec import Codec
from localkafka import RunningBroker
from status.reading.cluster import sources_of
from status.reading.session import Session, TableAhead
from status.table.position import Source

pytestmark = pytest.mark.broker


@pytest.fixture
def cluster(broker: RunningBroker) -> Cluster:
    return Cluster(broker.bootstrap_servers)


@pytest.fixture
def writer(cluster: Cluster) -> Writer:
    return Writer(cluster)


@pytest.fixture
def service(cluster: Cluster, tmp_path: Path) -> Iterator[StatusService]:
    """A replica that has caught up with the topics of this test."""
    service = StatusService(cluster.environment(), tmp_path)
    service.start()
    yield service
    service.process.close()


def test_a_submission_is_told_from_the_moment_it_is_acknowledged(
    service: StatusService, writer: Writer, records: Records
) -> None:
    """The record itself is the QUEUED state, and a read may wait for it."""
    # Given a submission
    submission = Written("jobs.submitted", "a", records.submission("a"))

    # When it is acknowledged, and its job is asked for with the place it was given
    [place] = writer.commit(submission)
    job = service.get(f"/jobs/a?after={place}").json()
    status = service.get(f"/jobs/a/status?after={place}").json()

    # Then the job is told as queued, in full and in short
    assert (job["status"], job["progress"], job["title"]) == ("QUEUED", 0, "data.csv")
    assert (status["status"], status["progress"]) == ("QUEUED", 0)


def test_what_was_aborted_is_never_told(
    service: StatusService, writer: Writer, records: Records
) -> None:
    """A frame that was fenced or broken off has not happened."""
    # Given a queued job and a watcher that knows it
    writer.commit(Written("jobs.submitted", "a", records.submission("a")))
    with SseRecorder(f"{service.url}/events") as recorder:
        recorder.wait_for(lambda events: len(events) == 1)

        # When its later state and another job are aborted, and its earlier state is committed
        writer.abort(
            Written("job-state", "a", records.state("a", "PROCESS_1_DONE")),
            Written("jobs.submitted", "b", records.submission("b")),
        )
        writer.commit(Written("job-state", "a", records.state("a", "PROCESS_1_RUNNING")))
        recorder.wait_for(lambda events: len(events) == 2)

    # Then the watcher was told the committed state only, and the other job is unknown
    assert [event.json()["status"] for event in recorder.events] == ["QUEUED", "PROCESS_1_RUNNING"]
    assert service.get("/jobs/b").status_code == 404


def test_a_tombstone_deletes_a_job_before_everyones_eyes(
    service: StatusService, writer: Writer, records: Records
) -> None:
    """Readers are told, and the job is unknown from then on."""
    # Given a finished job, and watchers of all jobs and of this one that know it
    writer.commit(Written("job-state", "a", records.state("a", "COMPLETED")))
    with (
        SseRecorder(f"{service.url}/events") as of_all,
        SseRecorder(f"{service.url}/jobs/a/events") as of_one,
    ):
        for recorder in (of_all, of_one):
            recorder.wait_for(lambda events: len(events) == 1)

        # When its tombstone is written
        writer.commit(Written("job-state", "a", None))
        for recorder in (of_all, of_one):
            recorder.wait_for(lambda events: events[-1].event == "gone")

    # Then both were told, and the job is unknown and not counted
    assert service.get("/jobs/a").status_code == 404
    assert service.get("/jobs").json()["counts"] == {}


def test_no_reader_misses_a_last_state_or_sees_a_job_go_back_over_kills(
    service: StatusService, cluster: Cluster, writer: Writer, codec: Codec
) -> None:
    """The service is killed at random moments, once its file is lost; readers come back by id."""
    # Given jobs that are being written, and readers of all, of one, and one that is cut as well
    history, over = History(codec, seed=11), threading.Event()
    rng = random.Random(5)
    one_job = "job-0"
    submission = Written("jobs.submitted", one_job, history.records.submission(one_job))
    [place] = writer.commit(submission)
    assert service.get(f"/jobs/{one_job}?after={place}").status_code == 200
    with (
        SseRecorder(f"{service.url}/events") as of_all,
        SseRecorder(f"{service.url}/events") as cut_often,
        SseRecorder(f"{service.url}/jobs/{one_job}/events") as of_one,
    ):
        writing = threading.Thread(target=history.write, args=(writer, over))
        writing.start()

        # When the service is killed three times, once with its file, and all has been written
        for lose_file in (False, True, False):
            time.sleep(rng.uniform(0.1, 0.5))
            cut_often.client.cut()
            time.sleep(rng.uniform(0.0, 0.2))
            service.kill()
            if lose_file:
                service.lose_file()
            service.start()
        over.set()
        writing.join(DEADLINE_SECONDS)
        truth = newest_states(cluster)
        for recorder in (of_all, cut_often):
            recorder.wait_for(lambda events: latest(events) == truth)
        of_one.wait_for(lambda events: latest(events) == {one_job: truth[one_job]} and bool(events))

    # Then nobody saw a job go back or was told to forget; all and the list know what the topics say
    for recorder in (of_all, cut_often, of_one):
        assert went_back(recorder.events) == []
        assert [event.data for event in recorder.events if event.event == "reset"] == []
        assert recorder.client.breaks >= 3
    assert len(truth) > 100
    assert listed(service) == truth


def test_any_replica_goes_on_where_another_left_off(
    service: StatusService, cluster: Cluster, writer: Writer, codec: Codec, tmp_path: Path
) -> None:
    """An id means the same to all of them."""
    # Given a reader that has seen everything from one of two replicas
    (tmp_path / "other").mkdir()
    other = StatusService(cluster.environment(), tmp_path / "other").start()
    history, over = History(codec, seed=3), threading.Event()
    over.set()
    try:
        history.write(writer, over)
        with SseRecorder(f"{service.url}/events") as first:
            first.wait_for(lambda events: latest(events) == newest_states(cluster))

        # When there is one more job, and the reader goes on at the other replica
        writer.commit(Written("jobs.submitted", "new", history.records.submission("new")))
        with SseRecorder(f"{other.url}/events", last_id=first.client.last_id) as second:
            second.wait_for(bool)
    finally:
        other.process.close()

    # Then it is told that job only
    assert [event.json()["job_id"] for event in second.events] == ["new"]


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


def test_a_newer_releases_state_stops_its_partition_and_is_told(
    service: StatusService, writer: Writer, records: Records, cluster: Cluster
) -> None:
    """Not ready, with the place and what to do; what is known is answered, nothing is skipped."""
    # Given a running job, and a state of a schema this release does not know
    writer.commit(Written("job-state", "a", records.state("a", "PROCESS_1_RUNNING")))
    newer = b"\xc3\x01" + bytes(range(1, 9)) + b"body"

    # When it is written, and behind it the job's end, and another job's submission elsewhere
    [place] = writer.commit(Written("job-state", "a", newer))
    wait_until(lambda: service.readiness() == 503)
    [behind] = writer.commit(Written("job-state", "a", records.state("a", "COMPLETED")))
    [after] = writer.commit(Written("jobs.submitted", "b", records.submission("b")))
    told = service.get("/readyz").json()["reason"]

    # Then the place is told, the partition stands, and everything else is read and answered
    partition, offset = place.split(":")
    assert f"{cluster.catalog['job-state'].name}[{partition}]@{offset}" in told
    assert "upgrade this service" in told
    assert behind.split(":")[0] == partition
    assert service.get(f"/jobs/b?after={after}").status_code == 200
    assert service.get("/jobs/a").json()["status"] == "PROCESS_1_RUNNING"
    assert service.get("/livez").status_code == 200


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


def test_open_streams_do_not_hold_up_the_end(service: StatusService) -> None:
    """SIGTERM ends them at once; their readers come back elsewhere."""
    # Given a reader that has its stream
    with SseRecorder(f"{service.url}/events") as recorder:
        while not recorder.client.last_id:
            time.sleep(0.01)

        # When the service is told to end
        code = service.process.stop()

    # Then it ends in order, not by its watchdog, and the stream with it
    assert code == 0
    assert recorder.client.breaks >= 1


def test_a_reader_that_never_reads_is_dropped_and_holds_up_nobody(
    cluster: Cluster, writer: Writer, records: Records, tmp_path: Path
) -> None:
    """Its buffer is bounded, the write that is stuck is cut, and the others go on."""
    # Given a service that keeps a megabyte for a reader, one that reads and one that never does
    bounds = {"SSE_BUFFER_BYTES": "1000000", "SSE_TICK_MS": "0"}
    service = StatusService({**cluster.environment(), **bounds}, tmp_path).start()
    title = "x" * 300_000
    try:
        with (
            deaf_reader(f"{service.url}/events"),
            SseRecorder(f"{service.url}/events") as recorder,
        ):
            # When so much is told that the second is dropped, while everybody asks on
            number = 0
            while metric(service, "headway_sse_dropped_total") == 0:
                number += 1
                assert number < 100, "30 MB went to a reader that never reads"
                job_id = f"job-{number}"
                value = records.submission(job_id, title=title)
                [place] = writer.commit(Written("jobs.submitted", job_id, value))
                assert service.get(f"/jobs/{job_id}/status?after={place}").status_code == 200
            recorder.wait_for(lambda events: len(latest(events)) == number)
            breaks = recorder.client.breaks
            code = service.process.stop()
    finally:
        service.process.close()

    # Then the other missed nothing, and the service ends in order
    assert (code, breaks) == (0, 0)
    assert service.process.events("ASGI callable returned without completing response.") == []


def test_a_cluster_without_the_topics_is_refused(broker: RunningBroker, tmp_path: Path) -> None:
    """Topics are never made by accident; the operator is told what to run."""
    # Given settings that name topics nobody has made
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
        "TOPIC_PREFIX": "missing.",
        "OBJECT_STORE_URL": "memory://",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_PORT": "0",
        "DATA_DIR": str(tmp_path / "data"),
    }
    process = Service("status", environment=environment, log=tmp_path / "status.log")

    # When the service is started
    code = process.start().wait_for_exit()

    # Then it ends with 2 and says which topic is missing and what to run
    assert code == 2
    [refused] = process.events("status.refused_to_start")
    assert "missing.job-state is missing: run" in refused["reason"]


def test_settings_that_do_not_fit_are_all_named(tmp_path: Path) -> None:
    """One start is enough to find every fault."""
    # Given three settings that do not fit, and those missing that have to be there
    environment = {"HTTP_PORT": "high", "SSE_TICK_MS": "-1", "LOG_LEVEL": "LOUD"}
    process = Service("status", environment=environment, log=tmp_path / "status.log")

    # When the service is started
    code = process.start().wait_for_exit()

    # Then it ends with 2 and names them all
    assert code == 2
    [refused] = process.events("status.refused_to_start")
    for name in ("HTTP_PORT", "SSE_TICK_MS", "LOG_LEVEL", "DATA_DIR", "OBJECT_STORE_URL"):
        assert name in refused["reason"]


def test_a_cluster_that_is_away_leaves_the_service_alive_and_not_ready(tmp_path: Path) -> None:
    """It keeps trying; restarting it would help nobody."""
    # Given a cluster that does not answer
    service = StatusService({"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}, tmp_path)
    service.process.start()
    try:
        # When the service is started, asked and told to end
        service.process.wait_for_event("status.started")
        live, ready, jobs = (service.get(path) for path in ("/livez", "/readyz", "/jobs"))
        code = service.process.stop()
    finally:
        service.process.close()

    # Then it was alive and not ready, and ends in order
    assert (live.status_code, ready.status_code, jobs.status_code) == (200, 503, 503)
    assert code == 0


class History:
    """A random life of jobs: states, progress, failures, deletions, garbage, aborted frames."""

    def __init__(self, codec: Codec, *, seed: int) -> None:
        self.records = Records(codec)
        self._rng = random.Random(seed)
        self._numbers = itertools.count()

    def write(self, writer: Writer, over: threading.Event) -> None:
        """Write it in small transactions until *over* is set and every life is at its end."""
        lives = [self._new_life() for _ in range(20)]
        while lives:
            self._rng.shuffle(lives)
            frame = [life.pop(0) for life in lives[:6]]
            if self._rng.random() < 0.1:
                value = self.records.state("job-1", "ABORTED")
                writer.abort(Written("job-state", "job-1", value))
            writer.commit(*frame)
            lives = [life for life in lives if life]
            if not over.is_set():
                lives += [self._new_life() for _ in range(20 - len(lives))]

    def _new_life(self) -> list[Written]:
        return list(self._life(f"job-{next(self._numbers)}"))

    def _life(self, job_id: str) -> Iterator[Written]:
        rng, records = self._rng, self.records
        yield Written("jobs.submitted", job_id, records.submission(job_id))
        reached = 0
        for status, (percent, stage_index, step) in STEPS.items():
            reached = max(reached, {1: 30, 2: 70}[stage_index])
            if rng.random() < 0.1:
                failed = records.state(job_id, "FAILED", stage_index=stage_index, progress=reached)
                yield Written("job-state", job_id, failed)
                return
            yield Written("job-state", job_id, records.state(job_id, status))
            if rng.random() < 0.2:
                yield Written("job-state", job_id, b"garbage")
            if step == 0:
                for _ in range(rng.randrange(4)):
                    reached = max(reached, percent + rng.randrange(15))
                    report = records.report(job_id, reached, stage_index=stage_index)
                    yield Written("job-progress", job_id, report)
        if rng.random() < 0.1:
            yield Written("job-state", job_id, None)


@contextmanager
def deaf_reader(url: str) -> Iterator[None]:
    """Asks for a stream and takes nothing of it."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0)) as connection:
        connection.sendall(f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
        yield


def metric(service: StatusService, name: str) -> float:
    lines = service.get("/metrics").text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(name))


def newest_states(cluster: Cluster) -> dict[str, str]:
    """The status of each job by the topics alone: the last readable record of its key."""
    statuses = {(record.key or b"").decode(): "QUEUED" for record in cluster.read("jobs.submitted")}
    for record in cluster.read("job-state"):
        job_id = (record.key or b"").decode()
        if record.value is None:
            del statuses[job_id]
        elif record.value != b"garbage":
            value = cluster.codec.decode(record.value, "job-state").value
            statuses[job_id] = value["status"]
    return statuses


def told_anew(events: list[Event]) -> bool:
    """Whether a reset came, and a job after it."""
    names = [event.event for event in events]
    return "reset" in names and names[-1] == "job"


def latest(events: list[Event]) -> dict[str, str]:
    """What a reader of events knows of each job."""
    known: dict[str, str] = {}
    for event in events:
        if event.event == "reset":
            known.clear()
        elif event.event == "gone":
            known.pop(event.json()["job_id"], None)
        else:
            known[event.json()["job_id"]] = event.json()["status"]
    return known


def went_back(events: list[Event]) -> list[str]:
    """Every event that is older than one before it."""
    best: dict[str, tuple[int, bool]] = {}
    faults = []
    for event in events:
        job = event.json()
        percent, over = best.get(job["job_id"], (0, False))
        if event.event == "gone":
            best[job["job_id"]] = (101, True)
            continue
        if job["progress"] < percent or (over and not job["terminal"]):
            faults.append(event.data)
        best[job["job_id"]] = (job["progress"], job["terminal"])
    return faults


def listed(service: StatusService) -> dict[str, str]:
    """What all pages of the list tell."""
    statuses: dict[str, str] = {}
    cursor = ""
    while True:
        page = service.get(f"/jobs?limit=200{cursor}").json()
        statuses |= {job["job_id"]: job["status"] for job in page["jobs"]}
        if page["next"] is None:
            return statuses
        cursor = f"&cursor={page['next']}"


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
