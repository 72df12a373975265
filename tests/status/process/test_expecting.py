"""Where jobs are in line, as the real process tells it."""

import pytest
from support.status.events.sse import SseRecorder
from support.status.records import Records
from support.status.service import StatusService, Writer, Written
from support.waiting import wait_until

pytestmark = pytest.mark.broker


def test_a_place_is_told_and_moves_with_the_line(
    service: StatusService, writer: Writer, records: Records
) -> None:
    """By REST and in both kinds of streams, and by a process that has just begun."""
    # Given ten jobs in line, the last of which is watched
    line = [f"job-{number}" for number in range(10)]
    for job_id in line:  # one after another: a place is by the time of submission
        writer.commit(Written("jobs.submitted", job_id, records.submission(job_id)))
    wait_until(lambda: _place(service, line[-1]) == 9)
    with (
        SseRecorder(f"{service.url}/jobs/{line[-1]}/events") as of_one,
        SseRecorder(f"{service.url}/events") as of_all,
    ):
        # When most of the line end, and the process is killed and started again
        ended = [records.state(job_id, "COMPLETED") for job_id in line[:7]]
        pairs = zip(line, ended, strict=False)
        writer.commit(*[Written("job-state", job_id, state) for job_id, state in pairs])

        # Then those who watch hear of it
        wait_until(lambda: 2 in [e.json().get("queue_position") for e in of_one.client.ahead])
        wait_until(lambda: 3 in [e.json()["lines"][0]["waiting"] for e in of_all.client.ahead])
    service.kill()
    service.start()
    wait_until(lambda: _place(service, line[-1]) == 2)
    assert service.get("/expected").json()["queue_position"] == 3


def _place(service: StatusService, job_id: str) -> object:
    return service.get(f"/jobs/{job_id}").json().get("queue_position")
