"""`headway release`, `reprocess` and `forget`: commands to the stage that holds or ended a job."""

from collections.abc import Callable

import pytest
from confluent_kafka import murmur2
from support.desk.deployment import Deployment, Said
from support.status.records import Records

pytestmark = pytest.mark.broker

Run = Callable[..., Said]
_PARTITIONS = 2


def _strange(job_id: str) -> int:
    """A partition that the key would not lead to: its producer has another partitioner."""
    return (murmur2(job_id.encode(), _PARTITIONS) + 1) % _PARTITIONS


@pytest.fixture(scope="module", autouse=True)
def _led(deployment: Deployment) -> None:
    """Every partition has a leader: topics that were just made may not."""
    for partition in range(_PARTITIONS):
        value = Records(deployment.codec).state("other", "COMPLETED")
        deployment.tell("job-state", partition, "other", value)


def _stands(deployment: Deployment, job_id: str, status: str, **fields: object) -> int:
    """Let it stand there; the offset of its state."""
    value = Records(deployment.codec).state(job_id, status, **fields)
    return deployment.tell("job-state", _strange(job_id), job_id, value)


def _said(deployment: Deployment, job_id: str) -> list[tuple[object, ...]]:
    names = ("kind", "attempt", "stage", "from_stage", "by", "partition", "state_offset")
    commands = [c for c in deployment.commands() if c["job_id"] == job_id]
    return [tuple(command[name] for name in names) for command in commands]


def test_a_command_names_who_holds_or_ended_the_job_and_goes_where_it_lies(
    desk: Run, deployment: Deployment
) -> None:
    """As its newest state says."""
    # Given a job that p2 holds, and one that p2 has ended in its second attempt
    place = {"stage": "p2", "stage_index": 2}
    places = {
        "held": _stands(deployment, "held", "SCHEDULED", held="window", **place),
        "over": _stands(deployment, "over", "COMPLETED", attempt=2, **place),
    }

    # When they are commanded without a word more
    ends = [
        desk("release", "held", "--by", "ann"),
        desk("reprocess", "over", "--by", "ann"),
        desk("reprocess", "over", "--by", "ann", "--from", "p2"),
        desk("forget", "over", "--by", "ann", "--yes"),
    ]

    # Then each command names what they are at, in the partition of the job
    assert [said.code for said in ends] == [0, 0, 0, 0], ends
    held, over = _strange("held"), _strange("over")
    assert _said(deployment, "held") == [("release", 1, "p2", "", "ann", held, places["held"])]
    assert _said(deployment, "over") == [
        ("reprocess", 2, "p2", "p1", "ann", over, places["over"]),
        ("reprocess", 2, "p2", "p2", "ann", over, places["over"]),
        ("forget", 2, "p2", "", "ann", over, places["over"]),
    ]


def test_a_job_in_no_state_for_it_is_not_commanded(desk: Run, deployment: Deployment) -> None:
    """Exit code 1, and words that say what the job is."""
    # Given a job at work, and one that is done
    _stands(deployment, "busy", "PROCESS_1_RUNNING")
    _stands(deployment, "done", "COMPLETED", stage="p2", stage_index=2)

    # When what does not fit is asked for
    ends = [
        desk("release", "busy"),
        desk("reprocess", "busy"),
        desk("forget", "busy", "--yes"),
        desk("forget", "done", "--yes", "--attempt", "2"),
        desk("reprocess", "done", "--stage", "p1"),
    ]

    # Then each is told, and nothing is written
    assert [said.code for said in ends] == [1] * 5
    assert "only one that is held is released" in ends[0].err
    assert "only one that is over is run again" in ends[1].err
    assert "only one that is over is forgotten" in ends[2].err
    assert "is at attempt 1, not 2" in ends[3].err
    assert "is COMPLETED in stage p2, not p1" in ends[4].err
    assert _said(deployment, "busy") == _said(deployment, "done") == []


def test_what_cannot_be_taken_back_has_to_be_meant(desk: Run, deployment: Deployment) -> None:
    """Without --yes nothing is asked for; a stage has to be one."""
    # Given a job that is done, when it is to be forgotten by a slip, then nothing happens
    said = desk("forget", "done")
    assert (said.code, "say --yes" in said.err) == (2, True)
    wrong = desk("reprocess", "done", "--from", "p9")
    assert (wrong.code, "--from p9: the stages are p1, p2" in wrong.err) == (2, True)
    assert _said(deployment, "done") == []
