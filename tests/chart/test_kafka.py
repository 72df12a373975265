"""How the services are let into a Kafka: by what stands in Secrets, read by their own code."""

from pathlib import Path
from typing import Any

import pytest
from support.chart.cases import CASES, OWN
from support.chart.render import Object, Pod, Refused, Rendered, render

from headway.edges.clientoptions import operator_options
from localkafka.properties import IMAGE, SETTINGS

_FOLDER = "/etc/headway/kafka"


def _with(**kafka: Any) -> Rendered:
    return render({**OWN, "kafka": {**OWN["kafka"], **kafka}})


def _secrets(pod: Pod) -> dict[str, Object]:
    """Each mounted Secret, by the folder it is mounted at."""
    volumes = {each["name"]: each["secret"] for each in pod.spec["volumes"] if "secret" in each}
    return {
        mount["mountPath"]: volumes[mount["name"]]
        for mount in pod.main["volumeMounts"]
        if mount["name"] in volumes
    }


def _options(pod: Pod, tmp_path: Path) -> dict[str, str]:
    """The client's options as the service reads them, with each secret's key for its value."""
    told = pod.environment()
    path = told.get("KAFKA_CLIENT_OPTIONS_FILE", "")
    if not path:
        return operator_options(told.get("KAFKA_CLIENT_OPTIONS", "")).options
    for item in _secrets(pod)[f"{_FOLDER}/options"]["items"]:
        (tmp_path / item["path"]).write_text(f"<{item['key']}>\n", encoding="utf-8")
    return operator_options(told.get("KAFKA_CLIENT_OPTIONS", ""), str(tmp_path)).options


def test_nothing_is_said_where_nothing_is_needed(own: Rendered, tmp_path: Path) -> None:
    """A Kafka inside the cluster may let everybody in."""
    # Given a release that names brokers alone, when its options are read, then there are none
    assert _options(own.pod("p1"), tmp_path) == {}
    assert _secrets(own.pod("p1")) == {}


@pytest.mark.parametrize(
    ("tls", "protocol"), [({"enabled": True}, "SASL_SSL"), ({}, "SASL_PLAINTEXT")]
)
def test_name_and_password_are_files_of_a_secret(
    tls: Object, protocol: str, tmp_path: Path
) -> None:
    """The very options of the client, without a line of them in any variable."""
    # Given a Kafka that asks for them
    release = _with(tls=tls, sasl={"mechanism": "SCRAM-SHA-256", "secret": "s", "passwordKey": "p"})

    # When a stage reads its options, then they are the Secret's
    assert _options(release.pod("p1"), tmp_path) == {
        "security.protocol": protocol,
        "sasl.mechanism": "SCRAM-SHA-256",
        "sasl.username": "<username>",
        "sasl.password": "<p>",
    }


def test_a_name_that_no_secret_has_is_said(tmp_path: Path) -> None:
    """A KafkaUser's Secret has its password alone."""
    # Given a name, when options are read, then it is that, and the Secret's key is not asked for
    sasl = {"mechanism": "SCRAM-SHA-512", "secret": "headway", "username": 'a"; b\\'}
    pod = _with(sasl=sasl).pod("p1")
    assert _options(pod, tmp_path)["sasl.username"] == 'a"; b\\'
    (item,) = _secrets(pod)[f"{_FOLDER}/options"]["items"]
    assert item == {"key": "password", "path": "sasl.password"}


def test_a_certificate_of_ours_and_their_authority_are_files(tmp_path: Path) -> None:
    """mTLS, by the keys that Strimzi has."""
    # Given a release for a Kafka that Strimzi runs
    pod = render(CASES["strimzi"]).pod("gateway")

    # When its options are read, then they name files
    options = _options(pod, tmp_path)
    assert options == {
        "security.protocol": "SSL",
        "ssl.ca.location": f"{_FOLDER}/ca/ca.crt",
        "ssl.certificate.location": f"{_FOLDER}/client/tls.crt",
        "ssl.key.location": f"{_FOLDER}/client/tls.key",
    }

    # And those are of the Secrets, readable to us alone
    secrets = _secrets(pod)
    assert secrets[f"{_FOLDER}/ca"]["secretName"] == "events-cluster-ca-cert"
    keys = {item["path"]: item["key"] for item in secrets[f"{_FOLDER}/client"]["items"]}
    assert keys == {"tls.crt": "user.crt", "tls.key": "user.key"}
    assert {each["defaultMode"] for each in secrets.values()} == {0o440}


def test_whatever_the_client_knows_can_be_said_in_a_file() -> None:
    """Of a Secret, beside options that are none."""
    # Given a Secret with a file of options
    pod = _with(optionsSecret="kafka", options={"socket.timeout.ms": 20000}).pod("p1")

    # When the pod is read, then the file is there, and the other options are in the variable
    told = pod.environment()
    assert told["KAFKA_CLIENT_OPTIONS_FILE"] == f"{_FOLDER}/options/kafka.properties"
    assert operator_options(told["KAFKA_CLIENT_OPTIONS"]).options == {"socket.timeout.ms": "20000"}
    (item,) = _secrets(pod)[f"{_FOLDER}/options"]["items"]
    assert item == {"key": "kafka.properties", "path": "kafka.properties"}


@pytest.mark.parametrize("name", CASES)
def test_whoever_speaks_to_kafka_is_let_in_the_same_way(name: str) -> None:
    """Services, what waits for topics, and what makes them."""
    # Given a release
    release = render(CASES[name])
    containers = [
        (pod, container)
        for pod in release.pods()
        for container in pod.containers
        if "KAFKA_BOOTSTRAP_SERVERS" in pod.environment(container)
    ]

    # When what they are told and what they have mounted is compared, then it is the same
    told = {
        tuple(
            (key, text)
            for key, text in pod.environment(container).items()
            if key.startswith(("KAFKA_", "TOPIC_", "PARTITIONS", "REPLICATION", "MIN_"))
        )
        for pod, container in containers
    }
    mounts = {
        tuple(m["mountPath"] for m in container["volumeMounts"] if _FOLDER in m["mountPath"])
        for _, container in containers
    }
    assert len(told) == len(mounts) == 1


@pytest.mark.parametrize(
    ("kafka", "words"),
    [
        ({"bootstrapServers": ""}, "say where the brokers are"),
        ({"dev": {"enabled": True}}, "which Kafka is meant"),
        ({"replicationFactor": 2, "minInsyncReplicas": 3}, "nothing could be written"),
        ({"sasl": {"mechanism": "PLAIN"}}, "kafka.sasl.secret"),
        (
            {"optionsSecret": "o", "sasl": {"mechanism": "PLAIN", "secret": "s"}},
            "say sasl.* in the file",
        ),
        ({"tls": {"clientSecret": "s"}}, "kafka.tls.enabled=true"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_to_do(kafka: Object, words: str) -> None:
    """Before anything is changed, not by pods that do not start."""
    # Given values that do not fit together, when a release is asked for, then it is refused
    with pytest.raises(Refused) as refused:
        _with(**kafka)
    assert words in str(refused.value)


def test_the_development_kafka_is_one_node_that_the_services_find() -> None:
    """By the name of its Service, at which it says to be."""
    # Given a release with its own Kafka
    release = render(CASES["try"])

    # When addresses are compared, then they are one
    server = release.pod("p1").environment()["KAFKA_BOOTSTRAP_SERVERS"]
    assert server == "jobs-headway-kafka.reports.svc:9092"
    assert f"CLIENTS://{server}," in release.of("ConfigMap")["kafka"]["data"]["server.properties"]
    assert release.of("Service")["kafka"]["spec"]["ports"][0]["port"] == 9092

    # And nobody wants more copies than there are nodes
    told = release.pod("p1").environment()
    assert (told["REPLICATION_FACTOR"], told["MIN_INSYNC_REPLICAS"]) == ("1", "1")
    assert release.of("StatefulSet")["kafka"]["spec"]["replicas"] == 1


def test_the_development_kafka_is_the_one_that_tests_run_on() -> None:
    """Its image, and what it is told of itself."""
    # Given its image and properties
    release = render(CASES["try"])
    text = release.of("ConfigMap")["kafka"]["data"]["server.properties"]
    lines = (line.partition("=") for line in text.splitlines() if line and line[0] != "#")
    properties = {name: value for name, _, value in lines}

    # When they are compared with those of the tests, then what is in both is the same
    assert release.pod("kafka").main["image"] == IMAGE
    assert {n: v for n, v in properties.items() if SETTINGS.get(n, v) != v} == {}
    assert properties.keys() >= {"process.roles", "auto.create.topics.enable"}


def test_the_development_kafka_writes_where_something_can_be_written() -> None:
    """Its root file system is read-only as everybody's."""
    # Given its pod, when the places it writes to are looked up, then they are volumes
    pod = render(CASES["try"]).pod("kafka")
    mounted = [
        mount["mountPath"] for mount in pod.main["volumeMounts"] if not mount.get("readOnly")
    ]
    assert sorted(mounted) == ["/tmp", "/var/lib/kafka"]  # noqa: S108 - the pod's own volume
    assert pod.environment()["LOG_DIR"].startswith("/tmp/")  # noqa: S108 - as above
