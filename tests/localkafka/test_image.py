"""The environment of the container, read by the very code the image reads it with."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from localkafka import BrokerMissing
from localkafka.broker import new_cluster_id
from localkafka.jvm import Jvm, find_java, kafka_jars
from localkafka.properties import (
    SETTINGS,
    container_advertised,
    container_environment,
    environment_name,
)

pytestmark = pytest.mark.broker


@pytest.fixture
def jvm() -> Iterator[Jvm]:
    """Kafka's own classes, of which the image's set-up is one."""
    try:
        yield Jvm(find_java(os.environ), kafka_jars(os.environ, print))
    except BrokerMissing as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


def test_the_image_understands_every_setting(jvm: Jvm, tmp_path: Path) -> None:
    """It writes the server.properties we mean, and formats a cluster with them."""
    # Given the image's folders and the environment compose and testcontainers give
    folders = []
    for name in ("default", "mounted", "final"):
        (tmp_path / name).mkdir()
        folders.append(f"--{name}-configs-dir={tmp_path / name}")
    environ = {
        **container_environment(),
        environment_name("advertised.listeners"): container_advertised(
            outside="127.0.0.1:9092",
            inside="broker",
        ),
        environment_name("log.dirs"): str(tmp_path / "data"),
        "CLUSTER_ID": new_cluster_id(),
    }

    # When the image's own set-up is run with them
    subprocess.run(
        jvm.command("kafka.docker.KafkaDockerWrapper", "setup", *folders),
        env=environ,
        check=True,
    )

    # Then its file has the settings we mean, and the data folder is of the cluster we named
    text = (tmp_path / "final" / "server.properties").read_text(encoding="utf-8")
    written = dict(line.split("=", 1) for line in text.splitlines() if line)
    assert written.items() >= SETTINGS.items()
    assert written["inter.broker.listener.name"] == "INTERNAL"
    assert written["advertised.listeners"] == "HOST://127.0.0.1:9092,INTERNAL://broker:19092"
    assert f"cluster.id={environ['CLUSTER_ID']}" in (
        (tmp_path / "data" / "meta.properties").read_text(encoding="ascii")
    )
