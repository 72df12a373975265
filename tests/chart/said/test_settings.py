"""What values say reaches the services, as their own settings read it."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from support.chart.cases import CASES, OWN, SERVICES
from support.chart.render import CHART, Rendered, render

from chart import settings as chart_settings
from headway.declared.settings import read
from tree import apart, settings_of, stages

_VALUES = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_starts_with_what_it_is_told(service: str, case: Rendered) -> None:
    """Nothing required is missing, and nothing is of a form that it does not take."""
    # Given the environment of a service, when its settings are read, then there is no fault
    settings = read(settings_of(service), case.pod(service).environment())
    assert settings.instance_id == f"{service}-0"


@pytest.mark.parametrize("service", SERVICES)
def test_what_nobody_changed_is_what_the_service_does_by_itself(service: str) -> None:
    """The chart has no defaults of its own for what services decide."""
    # Given a service that is told nothing by hand
    cls = settings_of(service)
    environment = render(OWN).pod(service).environment()

    # When its settings are read, then each that is a value has the default of its class
    told = read(cls, environment)
    for name in chart_settings.names_of(service):
        if name not in {"ALLOWED_HOSTS", "ALLOWED_ORIGINS"}:
            default = cls.__dataclass_fields__[name.lower()].default
            assert getattr(told, name.lower()) == default, name


@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_is_a_value(service: str) -> None:
    """By its own name, or by what it follows from."""
    # Given every setting of a service
    names = {name.upper() for name in settings_of(service).__dataclass_fields__}

    # When it is looked for among the values, then it is one, or has a place of another name
    own = _VALUES["stages"][service] if service in stages() else _VALUES[service]
    common = _VALUES["stageDefaults"]["settings"] if service in stages() else {}
    values = own["settings"].keys() | common.keys() | _VALUES["settings"].keys()
    follows = chart_settings.FOLLOWS_FROM
    assert names <= values | follows.keys()
    assert not values & follows.keys()
    for path in filter(None, (follows.get(name, "") for name in names)):
        assert _at(path) is not None, path


@pytest.mark.parametrize(
    ("values", "service", "name", "text"),
    [
        ({"settings": {"LOG_LEVEL": "DEBUG"}}, "p2", "LOG_LEVEL", "DEBUG"),
        ({"gateway": {"settings": {"LOG_LEVEL": "DEBUG"}}}, "gateway", "LOG_LEVEL", "DEBUG"),
        ({"gateway": {"settings": {"LOG_LEVEL": "DEBUG"}}}, "status", "LOG_LEVEL", "INFO"),
        (
            {"gateway": {"settings": {"MAX_SPOOLED_BYTES": 123456789012}}},
            "gateway",
            "MAX_SPOOLED_BYTES",
            "123456789012",
        ),
        ({"stageDefaults": {"settings": {"CONCURRENCY": 16}}}, "p2", "CONCURRENCY", "16"),
        ({"stageDefaults": {"settings": {"CONCURRENCY": 16}}}, "p1", "CONCURRENCY", "2"),
        ({"stages": {"p2": {"settings": {"CONCURRENCY": 5}}}}, "p2", "CONCURRENCY", "5"),
        (
            {"stages": {"p2": {"settings": {"FAILURE_LIMIT_SHARE": 0.25}}}},
            "p2",
            "FAILURE_LIMIT_SHARE",
            "0.25",
        ),
        (
            {"stageDefaults": {"settings": {"RETRY_DELAYS": "1,2,3"}}},
            "p1",
            "RETRY_DELAYS",
            "1,2,3",
        ),
        (
            {"gateway": {"settings": {"REQUIRE_IDEMPOTENCY_KEY": True}}},
            "gateway",
            "REQUIRE_IDEMPOTENCY_KEY",
            "true",
        ),
        ({"kafka": {"partitions": 12}}, "p1", "PARTITIONS", "12"),
        ({"kafka": {"replicationFactor": 5}}, "status", "REPLICATION_FACTOR", "5"),
        ({"kafka": {"minInsyncReplicas": 3}}, "gateway", "MIN_INSYNC_REPLICAS", "3"),
        ({"kafka": {"topicPrefix": "a.b_"}}, "p1", "TOPIC_PREFIX", "a.b_"),
        (
            {"podDefaults": {"env": {"OTEL_SDK_DISABLED": "true"}}},
            "p1",
            "OTEL_SDK_DISABLED",
            "true",
        ),
    ],
)
def test_what_is_said_reaches_the_service(
    values: dict[str, Any], service: str, name: str, text: str
) -> None:
    """Numbers as people write them, and the nearest word wins."""
    # Given a value, when a release is rendered, then the service is told that
    merged = {**OWN, **values}
    if "kafka" in values:
        merged["kafka"] = {**OWN["kafka"], **values["kafka"]}
    assert render(merged).pod(service).environment()[name] == text


def test_no_process_is_told_a_secret_in_plain_words(case: Rendered) -> None:
    """What a Secret has stays there: of the store's keys a pod has the place, of Kafka's a file."""
    # Given the variables of every container, when those of a Secret are looked for
    from_secrets = {
        name
        for pod in case.pods()
        for container in pod.containers
        for name, text in pod.environment(container).items()
        if text.startswith("secret:")
    }

    # Then they are the store's, whose client reads nothing else, and what values ask for
    keys = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
    assert from_secrets <= keys | {"TOKEN"}


def test_a_release_makes_no_secrets(case: Rendered) -> None:
    """A value that is one would lie in the history of every release."""
    # Given a release, when Secrets are looked for, then there are none
    assert case.of("Secret") == {}


def test_pods_can_have_an_identity_instead_of_keys() -> None:
    """Of their accounts; whoever makes topics or tests has none there."""
    # Given a store without a Secret, and annotations by which a cloud knows accounts
    release = render(CASES["strimzi"])

    # When accounts and variables are read, then the services are known, and are told no keys
    known = {
        name
        for name, account in release.of("ServiceAccount").items()
        if "eks.amazonaws.com/role-arn" in account["metadata"].get("annotations", {})
    }
    assert known == set(SERVICES) - set(apart())
    told = release.pod("p1").environment()
    assert told["AWS_REGION"] == "eu-central-1"
    assert not {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} & told.keys()


def test_a_store_may_have_an_authority_of_its_own() -> None:
    """As a file of a Secret, which its client is told of."""
    # Given one, when the pod of a stage is read, then the file is there, and is named
    pod = render(CASES["kept"]).pod("p1")
    (volume,) = (each for each in pod.spec["volumes"] if each["name"] == "objects-ca")
    (mount,) = (each for each in pod.main["volumeMounts"] if each["name"] == "objects-ca")
    assert volume["secret"]["secretName"] == "ours"
    (item,) = volume["secret"]["items"]
    assert pod.environment()["SSL_CERT_FILE"] == f"{mount['mountPath']}/{item['path']}"


def test_no_variable_is_told_twice(case: Rendered) -> None:
    """The last one wins without a word."""
    # Given the variables of every container, when their names are counted, then each is there once
    for names in _names(case):
        assert sorted(names) == sorted(set(names))


def test_only_the_store_s_users_know_how_to_get_in() -> None:
    """Whoever makes topics or waits for them, or tests, needs no files."""
    # Given a release whose topics are made by a Job
    release = render(CASES["own-kafka"])

    # When it is asked who is told of the store, then it is the services
    told = {pod.name for pod in release.pods() if "OBJECT_STORE_URL" in pod.environment()}
    assert told == set(SERVICES) - set(apart())


def _names(release: Rendered) -> Iterator[list[str]]:
    for pod in release.pods():
        for container in pod.containers:
            yield [variable["name"] for variable in container.get("env", ())]


def _at(path: str) -> object:
    found: Any = _VALUES
    for name in path.split("."):
        found = found[name]
    return found
