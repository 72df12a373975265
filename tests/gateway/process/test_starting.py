"""How `python -m gateway` starts, and when it refuses to."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import httpx
import pytest
from support.waiting import DEADLINE_SECONDS

pytestmark = [pytest.mark.broker, pytest.mark.e2e]

Start = Callable[..., tuple[httpx.Client, Popen[bytes]]]


def test_without_kafka_it_serves_and_says_that_nothing_is_taken(start: Start) -> None:
    """Nothing is sent and waited for: "not taken", not "unknown"; it is alive but not ready."""
    # Given a gateway that has never met its cluster
    client, _ = start(until="/livez", KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1")

    # When a file is submitted
    answer = client.post("/generate-file", json={"title": "a", "content": "b"})

    # Then it was not taken, for certain
    assert answer.status_code == client.get("/readyz").status_code == 503
    assert answer.json()["type"] == "urn:headway:problem:not-taken"


def _run(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KAFKA_")}
    return subprocess.run(
        [sys.executable, "-m", "gateway"],
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )


def test_it_refuses_to_start_on_topics_that_are_not_as_declared(
    cluster_options: dict[str, str], tmp_path: Path
) -> None:
    """Exit code 2, and the log names the topic and what to do."""
    # Given a cluster without the pipeline's topics, when the gateway starts
    ended = _run(
        {
            "KAFKA_BOOTSTRAP_SERVERS": cluster_options["bootstrap.servers"],
            "TOPIC_PREFIX": "never-provisioned.",
            "OBJECT_STORE_URL": f"file://{tmp_path}",
            "HTTP_PORT": "0",
        }
    )

    # Then it ends and says what to run
    assert ended.returncode == 2
    last = json.loads(ended.stderr.splitlines()[-1])
    assert last["event"] == "gateway.refused_to_start"
    assert "never-provisioned.jobs.submitted is missing: run" in last["reason"]


def test_it_refuses_to_start_telling_every_wrong_setting() -> None:
    """Exit code 2, one line a fault."""
    # Given two settings missing and two wrong, when the gateway starts
    ended = _run({"HTTP_PORT": "high", "MAX_UPLOAD_BYTES": "0"})

    # Then it ends and names all four
    assert ended.returncode == 2
    reason = json.loads(ended.stderr)["reason"]
    for name in ("KAFKA_BOOTSTRAP_SERVERS", "OBJECT_STORE_URL", "HTTP_PORT", "MAX_UPLOAD_BYTES"):
        assert name in reason
