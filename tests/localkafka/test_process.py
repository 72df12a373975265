"""The command people start: what it prints, what it keeps, and that nothing of it stays."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from support.waiting import DEADLINE_SECONDS

from headway.edges import kafka
from localkafka import BrokerFailed, BrokerKind, RunningBroker, running_broker
from localkafka import start as start_module

pytestmark = [pytest.mark.broker, pytest.mark.slow]


@pytest.fixture
def environ(broker: RunningBroker, tmp_path: Path) -> dict[str, str]:
    """An environment in which a local process is the choice, with the jars at hand."""
    if broker.kind is not BrokerKind.JAVA:
        pytest.skip(f"this machine's broker runs via {broker.kind.value}")
    chosen = {name: os.environ[name] for name in os.environ if name != "KAFKA_BOOTSTRAP_SERVERS"}
    return chosen | {"TMPDIR": str(tmp_path)}


@contextmanager
def command(environ: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`python -m localkafka`, killed at the end if it still runs."""
    with subprocess.Popen(
        [sys.executable, "-m", "localkafka", *arguments],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def processes_naming(folder: Path) -> list[str]:
    """The command lines of every living process that mention *folder*."""
    listed = subprocess.run(["ps", "-A", "-ww", "-o", "args="], capture_output=True, check=True)
    return [line for line in listed.stdout.decode().splitlines() if f"{folder}/" in line]


def await_none(folder: Path) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while processes_naming(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert processes_naming(folder) == []


def make_topic(bootstrap_servers: str, topic: str) -> None:
    admin = kafka.admin_client({"bootstrap.servers": bootstrap_servers})
    admin.create_topics([kafka.NewTopic(topic, num_partitions=1)])[topic].result(DEADLINE_SECONDS)


def topics(bootstrap_servers: str) -> set[str]:
    admin = kafka.admin_client({"bootstrap.servers": bootstrap_servers})
    return set(admin.list_topics(timeout=DEADLINE_SECONDS).topics)


def test_a_killed_command_leaves_its_data_and_no_process(
    environ: dict[str, str],
    tmp_path: Path,
) -> None:
    """After SIGKILL no Java is left; the next start has the topics and, if need be, new ports."""
    # Given a command that serves a broker, in which a topic was made
    folder, topic = tmp_path / "kept", str(uuid4())
    with command(environ, "--data-dir", str(folder)) as process:
        before = first_line(process)
        make_topic(before, topic)
        assert processes_naming(folder)

        # When it is killed, and started again where its old port is taken
        process.send_signal(signal.SIGKILL)
        process.wait(DEADLINE_SECONDS)
    await_none(folder)
    with (
        socket.create_server(("127.0.0.1", int(before.rpartition(":")[2]))),
        command(environ, "--data-dir", str(folder)) as process,
    ):
        after = first_line(process)
        found = topics(after)
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=DEADLINE_SECONDS)

    # Then it has the topic and another port, said just that, and leaves no process when told to end
    assert topic in found
    assert after != before
    assert re.fullmatch(
        rf"starting \.\.\.\nready at {after} via local Java process in [\d.]+ s\n",
        told,
    )
    assert process.returncode == 0
    assert processes_naming(folder) == []


def test_a_broker_that_ends_by_itself_is_told(environ: dict[str, str], tmp_path: Path) -> None:
    """The command does not wait for a dead broker: it ends with 1 and the log's last lines."""
    with command(environ) as process:
        # Given a command that serves a broker
        first_line(process)
        java = subprocess.run(
            ["pgrep", "-f", f"^[^ ]*java .*{tmp_path}/"],
            capture_output=True,
            check=True,
        )

        # When that broker's process is killed
        os.kill(int(java.stdout), signal.SIGKILL)
        _, told = process.communicate(timeout=DEADLINE_SECONDS)

    # Then the command ends with 1, and shows the end of the broker's log
    assert process.returncode == 1
    assert "the broker has ended by itself" in told
    assert "Kafka Server started" in told


def test_a_failed_start_shows_the_end_of_the_log(environ: dict[str, str], tmp_path: Path) -> None:
    """A folder of another node is refused by Kafka; its reason is in the message."""
    # Given a data folder of another node
    data = tmp_path / "foreign" / "kafka"
    data.mkdir(parents=True)
    (data / "meta.properties").write_text("version=1\nnode.id=7\ncluster.id=x\n", encoding="ascii")

    # When a broker is wanted in it, which fails
    with (
        pytest.raises(BrokerFailed) as caught,
        running_broker(environ=environ, data_dir=data.parent),
    ):
        pytest.fail("there is no broker")

    # Then the message has the log and its reason, and no process is left
    assert "broker.log" in str(caught.value)
    assert "node" in str(caught.value)
    assert processes_naming(data.parent) == []


def test_a_folder_serves_one_broker_at_a_time(
    broker: RunningBroker,
    environ: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A second broker in a folder in use is refused before it touches anything."""
    # Given little patience for a folder that is in use
    monkeypatch.setattr(start_module, "GRACE_SECONDS", 0.1)

    # When a second broker is wanted in the folder of the one that runs, then it is refused
    with (
        pytest.raises(BrokerFailed, match=r"another process holds .*lock"),
        running_broker(environ=environ, data_dir=broker.data_dir),
    ):
        pytest.fail("there are two brokers")
