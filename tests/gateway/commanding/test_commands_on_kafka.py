"""`python -m gateway` on a real broker: a command lies where its job lies."""

from collections.abc import Callable

import httpx
import pytest
from confluent_kafka import Message

from gateway.admitting.publisher import Position
from headway.wire.codec import Codec

pytestmark = [pytest.mark.broker, pytest.mark.e2e]


def test_a_command_lies_in_the_partition_of_its_job(
    running_gateway: httpx.Client,
    prefix: str,
    record_at: Callable[[Position], Message],
    codec: Codec,
) -> None:
    """Its record is acknowledged before 202, keyed by the job, in a partition of that number."""
    # Given a job that was submitted
    job = running_gateway.post("/generate-file", json={"title": "a", "content": "b"}).json()

    # When it is cancelled
    answer = running_gateway.post(f"/jobs/{job['job_id']}/cancel", json={"attempt": 1})

    # Then the command is in the topic of commands, where the job is in its own
    assert answer.status_code == 202
    position = Position(**answer.json()["position"])
    assert position.topic == f"{prefix}job-commands"
    assert position.partition == job["position"]["partition"]
    message = record_at(position)
    assert message.key() == job["job_id"].encode()
    assert codec.decode(message.value(), "job-command")["command_id"] == answer.json()["command_id"]
