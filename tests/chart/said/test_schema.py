"""What may be said: at every level nothing that nobody knows, and nothing of another kind."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import yaml
from support.chart.cases import CASES, OWN
from support.chart.render import CHART, Refused, render

_SCHEMA: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
_VALUES = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
#: Maps whose names are Kubernetes', or whoever's who says them; or alerts', which helm looks up.
_FREE = {
    "podDefaults.affinity",
    "podDefaults.annotations",
    "podDefaults.env",
    "podDefaults.labels",
    "podDefaults.nodeSelector",
    "gateway.service.annotations",
    "status.service.annotations",
    "ingress.annotations",
    "kafka.options",
    "monitoring.dashboard.annotations",
    "monitoring.dashboard.labels",
    "monitoring.podMonitor.labels",
    "monitoring.rules.labels",
    "monitoring.rules.overrides",
    "serviceAccount.annotations",
    "stages",
}


def _levels(values: dict[str, Any], path: str = "") -> Iterator[str]:
    """The path of every map in the values, that of all included."""
    yield path
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _levels(value, f"{path}.{name}".lstrip("."))


def _said(path: str, name: str, value: object) -> dict[str, Any]:
    """Values that say *name* at *path* and nothing else."""
    said: dict[str, Any] = {name: value}
    for part in reversed(path.split(".") if path else []):
        said = {part: said}
    return said


def _faults(values: object) -> list[str]:
    return [error.message for error in jsonschema.Draft202012Validator(_SCHEMA).iter_errors(values)]


def _is_kubernetes(path: str) -> bool:
    """Below podDefaults.resources names are Kubernetes' too."""
    return path.endswith((".requests", ".limits"))


@pytest.mark.parametrize("path", sorted(set(_levels(_VALUES)) - _FREE))
def test_a_misspelt_value_is_refused_at_every_level(path: str) -> None:
    """It would do nothing, and nobody would notice."""
    # Given a name that nobody knows, when it is said there, then it is refused
    faults = _faults(_said(path, "repilcas", 3))
    assert bool(faults) is not _is_kubernetes(path)
    assert all("repilcas" in fault for fault in faults)


def test_helm_refuses_what_the_schema_refuses() -> None:
    """Before it renders anything; by the name of what is wrong."""
    # Given a misspelt value, when helm is asked, then it says which
    with pytest.raises(Refused, match="'repilcas' not allowed"):
        render({**OWN, "gateway": {"repilcas": 3}})


@pytest.mark.parametrize("name", CASES)
def test_values_of_every_kind_are_taken(name: str) -> None:
    """The rule is for mistakes alone."""
    # Given values that are well, when they are held against the schema, then nothing is found
    assert _faults(CASES[name]) == []


def test_the_defaults_are_taken() -> None:
    """As far as they go: where brokers and files are has to be said."""
    # Given the values as they stand, when they are held against the schema, then nothing is found
    assert _faults(_VALUES) == []


def test_what_helm_hands_to_a_part_of_another_chart_is_taken() -> None:
    """`global` is in the values of every sub-chart, whether it wants it or not."""
    # Given that, when it is held against the schema, then nothing is found
    assert _faults({**OWN, "global": {"anything": 1}}) == []


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        ("gateway", "replicas", -1),
        ("gateway", "replicas", "2"),
        ("gateway.settings", "MAX_UPLOAD_BYTES", 0),
        ("gateway.settings", "CONCURRENCY", 8),
        ("stages.p1.settings", "CONCURRENCY", 0),
        ("stages.p1.settings", "BUFFER_RECORDS", 9000),
        ("stages.p2.settings", "MAX_UPLOAD_BYTES", 1),
        ("stages.p3", "replicas", 1),
        ("stages.p3", "source", ""),
        ("stages", "P3", {"source": "x"}),
        ("stages.p1.pod", "lables", {}),
        ("stages.p1", "autoscaling", {"mode": "vpa"}),
        ("stages.p1", "autoscaling", {"minReplicas": 0}),
        ("settings", "LOG_LEVEL", "debug"),
        ("image", "digest", "sha256:1"),
        ("kafka", "bootstrapServers", "broker"),
        ("kafka", "topicPrefix", "a/b"),
        ("kafka", "partitions", 251),
        ("kafka.sasl", "mechanism", "GSSAPI"),
        ("objectStore", "url", "gs://bucket"),
        ("objectStore", "url", "memory://"),
        ("objectStore", "url", "file:///objects"),
        ("topics", "manage", "operator"),
        ("hosts", "status", "https://a.b"),
        ("status", "url", "https://a.b/"),
        ("podDefaults.resources", "limit", {"memory": "1Gi"}),
        ("networkPolicy.dns", "ports", ["dns"]),
    ],
)
def test_what_cannot_be_meant_is_refused(path: str, name: str, value: object) -> None:
    """Of another kind, out of bounds, or another service's."""
    # Given such a value, when it is held against the schema, then it is refused
    assert _faults(_said(path, name, value))
