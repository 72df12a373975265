"""What the command line does where there is nothing to work with."""

import subprocess
import sys
from collections.abc import Callable

import pytest
from support.desk.deployment import Deployment, Said
from support.processes import free_port

from headway.desk import cluster

Run = Callable[..., Said]


def test_a_cluster_that_is_away_is_told_within_seconds(
    headway: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 2, with the address and the variable it came from."""
    # Given an address where nobody listens, and one second of patience
    monkeypatch.setattr(cluster, "REACH_SECONDS", 1.0)
    address = f"127.0.0.1:{free_port()}"

    # When something is asked of it
    said = headway("dead-letters", "ls", KAFKA_BOOTSTRAP_SERVERS=address)

    # Then it is told, in one line
    assert said.code == 2
    assert said.err.startswith(f"headway: {address} (KAFKA_BOOTSTRAP_SERVERS) does not answer")
    assert len(said.err.splitlines()) == 1


def test_whoever_waits_for_a_cluster_waits_less_than_ten_seconds() -> None:
    """Before anybody at a desk looks for the fault elsewhere."""
    # Given what is waited, when it is looked at, then it is short
    assert cluster.REACH_SECONDS < 10


def test_a_cluster_that_is_not_named_is_told(headway: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 2, with the variable."""
    # Given an environment that names none
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)

    # When something is asked, then the variable is named
    said = headway("cancel", "job-1")
    assert said.code == 2
    assert "KAFKA_BOOTSTRAP_SERVERS: not set" in said.err


def test_its_help_names_every_sub_command(headway: Run) -> None:
    """Each is a file of its own; the audit lies in a room of its own."""
    # Given nobody who knows it, when help is asked for, then all are there
    said = headway("--help")
    assert said.code == 0
    for name in ("retry", "cancel", "dead-letters", "audit", "doctor", "plan"):
        assert f"    {name}" in said.out


@pytest.mark.broker
def test_topics_that_are_not_there_point_at_the_prefix(desk: Run) -> None:
    """The usual reason is a prefix that was forgotten."""
    # Given a deployment, when it is looked for under another prefix
    said = desk("dead-letters", "ls", TOPIC_PREFIX="nobodys.")

    # Then the prefix is what is asked about
    assert said.code == 2
    assert "TOPIC_PREFIX ('nobodys.')" in said.err


@pytest.mark.broker
def test_it_is_a_module_and_a_script_that_ends_quietly_with_its_reader(
    deployment: Deployment,
) -> None:
    """`python -m headway` in a pipe that is closed early leaves no traceback."""
    # Given a letter, and a reader that has gone
    deployment.fail("job-1")
    command = [sys.executable, "-m", "headway", "dead-letters", "export", "-o", "-"]
    shell = " ".join(command) + " | true"

    # When it is read through that pipe
    ended = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {shell}"],
        env=deployment.environment,
        capture_output=True,
        check=False,
        text=True,
    )

    # Then there is no traceback
    assert "Traceback" not in ended.stderr
    assert "BrokenPipe" not in ended.stderr
