"""Readers of the real process over kills, cuts, and from one replica to another."""

import random
import threading
import time
from pathlib import Path

import pytest
from support.kafka.cluster import Cluster
from support.status.events.sse import SseRecorder
from support.status.lives import History
from support.status.service import StatusService, Writer, Written
from support.status.truth import latest, listed, newest_states, went_back
from support.waiting import DEADLINE_SECONDS

from headway.wire.codec import Codec

pytestmark = pytest.mark.broker


def test_no_reader_misses_a_last_state_or_sees_a_job_go_back_over_kills(
    service: StatusService, cluster: Cluster, writer: Writer, codec: Codec
) -> None:
    """The service is killed at random moments, once its file is lost; readers come back by id."""
    # Given jobs that are being written, and readers of all, of one, and one that is cut as well
    history, over = History(codec, seed=11), threading.Event()
    one_job, rng = "job-0", random.Random(5)
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
            _cut_and_kill(cut_often, service, rng, lose_file=lose_file)
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


def _cut_and_kill(
    reader: SseRecorder, service: StatusService, rng: random.Random, *, lose_file: bool
) -> None:
    """Cut the reader and kill the service, each at a random moment."""
    time.sleep(rng.uniform(0.1, 0.5))
    reader.client.cut()
    time.sleep(rng.uniform(0.0, 0.2))
    service.kill()
    if lose_file:
        service.lose_file()
    service.start()
