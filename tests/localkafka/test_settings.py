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
    # Given the shared settings, when automatic creation is looked up, then it is off
    assert SETTINGS["auto.create.topics.enable"] == "false"


def test_properties_are_rendered_one_a_line() -> None:
    """The text is what Kafka reads: name, equals sign, value."""
    # When two settings are rendered, then each is a line
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
    # Given a setting, when its variable is named, then it is as the image would undo it
    assert environment_name(setting) == variable


def test_a_container_is_told_what_a_process_is_told() -> None:
    """Every shared setting reaches both; a process listens on this machine alone."""
    # When the settings of a process and of a container are made
    process = local_properties(port=1000, controller_port=1001)
    container = container_environment()

    # Then the process listens on this machine, and both have every shared setting
    assert process["listeners"] == "PLAINTEXT://127.0.0.1:1000,CONTROLLER://127.0.0.1:1001"
    for setting, value in SETTINGS.items():
        assert process[setting] == value
        assert container[environment_name(setting)] == value


def test_compose_sets_what_testcontainers_sets(compose_broker: dict[str, Any]) -> None:
    """The environment in compose.yaml is the rendered one and where clients are sent to."""
    # Given where compose's broker sends its clients
    advertised = container_advertised(outside="127.0.0.1:${KAFKA_PORT:-9092}", inside="broker")

    # When compose's environment is held against the rendered one, then they are the same
    assert compose_broker["environment"] == {
        **container_environment(),
        "KAFKA_ADVERTISED_LISTENERS": advertised,
    }


def test_compose_serves_this_machine_and_keeps_its_data(compose_broker: dict[str, Any]) -> None:
    """The port is bound to the loopback address, the data lie in a named volume."""
    # Given compose's broker, when ports and volumes are read, then they are those
    assert compose_broker["ports"] == ["127.0.0.1:${KAFKA_PORT:-9092}:9092"]
    assert compose_broker["volumes"] == ["broker-data:/var/lib/kafka/data"]
    assert compose_broker["healthcheck"]["test"][0] == "CMD"


def test_every_way_runs_the_same_kafka(compose_broker: dict[str, Any]) -> None:
    """Image, jars and what people are told agree on the version."""
    # Given the version that the jars are fetched of
    pom: Path = deployment_file("broker/pom.xml")
    space = {"m": "http://maven.apache.org/POM/4.0.0"}
    root = ET.parse(pom)  # noqa: S314 - our own file
    kafka = root.find("m:dependencies/m:dependency[m:artifactId='kafka_2.13']/m:version", space)

    # When the other places that name one are read, then they agree
    assert kafka is not None
    assert kafka.text == KAFKA_VERSION
    assert compose_broker["image"] == IMAGE == f"apache/kafka:{KAFKA_VERSION}"
    listed = deployment_file("broker/jars.sha256").read_text(encoding="ascii")
    assert f"  kafka_2.13-{KAFKA_VERSION}.jar\n" in listed
