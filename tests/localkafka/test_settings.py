"""One set of settings, however the broker runs."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml

from localkafka.properties import (
    IMAGE,
    KAFKA_VERSION,
    SETTINGS,
    container_advertised,
    container_environment,
    deployment_file,
    environment_name,
    local_properties,
    render_properties,
)


@pytest.fixture
def compose_broker() -> dict[str, Any]:
    """The service `broker` of deploy/compose.yaml."""
    text = deployment_file("compose.yaml").read_text(encoding="utf-8")
    service: dict[str, Any] = yaml.safe_load(text)["services"]["broker"]
    return service


def test_topics_are_never_made_by_accident() -> None:
    """Automatic creation is off for every way to run the broker."""
    assert SETTINGS["auto.create.topics.enable"] == "false"


def test_properties_are_rendered_one_a_line() -> None:
    """The text is what Kafka reads: name, equals sign, value."""
    assert render_properties({"a.b": "1", "c": "x,y"}) == "a.b=1\nc=x,y\n"


@pytest.mark.parametrize(
    ("setting", "variable"),
    [
        ("log.dirs", "KAFKA_LOG_DIRS"),
        ("with_underscore.and-dash", "KAFKA_WITH__UNDERSCORE_AND___DASH"),
    ],
)
def test_a_setting_has_its_variable_in_the_image(setting: str, variable: str) -> None:
    """Dots become underscores; underscores and dashes are escaped as the image undoes it."""
    assert environment_name(setting) == variable


def test_a_container_is_told_what_a_process_is_told() -> None:
    """Every shared setting reaches both; a process listens on this machine alone."""
    # when
    process = local_properties(port=1000, controller_port=1001)
    container = container_environment()

    # then
    assert process["listeners"] == "PLAINTEXT://127.0.0.1:1000,CONTROLLER://127.0.0.1:1001"
    for setting, value in SETTINGS.items():
        assert process[setting] == value
        assert container[environment_name(setting)] == value


def test_compose_sets_what_testcontainers_sets(compose_broker: dict[str, Any]) -> None:
    """The environment in compose.yaml is the rendered one and where clients are sent to."""
    advertised = container_advertised(outside="127.0.0.1:${KAFKA_PORT:-9092}", inside="broker")
    assert compose_broker["environment"] == {
        **container_environment(),
        "KAFKA_ADVERTISED_LISTENERS": advertised,
    }


def test_compose_serves_this_machine_and_keeps_its_data(compose_broker: dict[str, Any]) -> None:
    """The port is bound to the loopback address, the data lie in a named volume."""
    assert compose_broker["ports"] == ["127.0.0.1:${KAFKA_PORT:-9092}:9092"]
    assert compose_broker["volumes"] == ["broker-data:/var/lib/kafka/data"]
    assert compose_broker["healthcheck"]["test"][0] == "CMD"


def test_every_way_runs_the_same_kafka(compose_broker: dict[str, Any]) -> None:
    """Image, jars and what people are told agree on the version."""
    # given
    pom: Path = deployment_file("broker/pom.xml")
    space = {"m": "http://maven.apache.org/POM/4.0.0"}
    root = ET.parse(pom)  # noqa: S314 - our own file
    kafka = root.find("m:dependencies/m:dependency[m:artifactId='kafka_2.13']/m:version", space)

    # then
    assert kafka is not None
    assert kafka.text == KAFKA_VERSION
    assert compose_broker["image"] == IMAGE == f"apache/kafka:{KAFKA_VERSION}"
    listed = deployment_file("broker/jars.sha256").read_text(encoding="ascii")
    assert f"  kafka_2.13-{KAFKA_VERSION}.jar\n" in listed
