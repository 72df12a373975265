"""What the chart makes of the alerts, the dashboard and the pods, for the Prometheus operator."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.chart.cases import OWN, SERVICES
from support.chart.render import NAMESPACE, RELEASE, Refused, render
from support.monitoring.board import FILE as BOARD
from support.monitoring.rules import alerts
from support.monitoring.tools import promtool

_THRESHOLD = re.compile(r"> ([0-9.]+)\s*$")
_WITH_THRESHOLD = [name for name, rule in alerts().items() if _THRESHOLD.search(rule["expr"])]
_WITHOUT = sorted(set(alerts()) - set(_WITH_THRESHOLD))


def _rendered(kind: str, **said: object) -> dict[str, Any]:
    """The one object of *kind* that monitoring makes of the values *said* of its part."""
    part = {"PodMonitor": "podMonitor", "PrometheusRule": "rules", "ConfigMap": "dashboard"}[kind]
    values = {**OWN, "monitoring": {part: {"enabled": True, **said}}}
    found = [each for each in render(values).of(kind).values() if _is_ours(each)]
    assert len(found) == 1
    return found[0]


def _is_ours(each: dict[str, Any]) -> bool:
    return each["kind"] != "ConfigMap" or "headway.json" in each["data"]


def _rules(**overrides: object) -> dict[str, dict[str, Any]]:
    groups = _rendered("PrometheusRule", overrides=overrides)["spec"]["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def test_nothing_of_an_operator_that_may_not_be_there_is_made_unasked() -> None:
    """A cluster without the Prometheus operator takes the release."""
    # Given values that say nothing of monitoring, when the release is rendered
    rendered = render(OWN)

    # Then there is nothing of it
    assert rendered.of("PodMonitor") == {}
    assert rendered.of("PrometheusRule") == {}
    assert "dashboard" not in rendered.of("ConfigMap")


def test_the_rules_are_those_of_the_file_for_this_release_alone() -> None:
    """Two releases in one Prometheus have an alert each, and neither sees the other's series."""
    # Given the rules of a release, without overrides
    rules = _rules()

    # When its name and namespace are taken out again
    chosen = f'namespace="{NAMESPACE}",release="{RELEASE}"'
    exprs = {name: rule["expr"].replace(chosen, 'release=~".*"') for name, rule in rules.items()}

    # Then nothing else differs from the file that was tested
    assert {name: rule | {"expr": exprs[name]} for name, rule in rules.items()} == alerts()
    assert all(chosen in rule["expr"] for rule in rules.values())


def test_prometheus_takes_what_is_rendered(tmp_path: Path) -> None:
    """What the operator hands to Prometheus is read by its own tool, overrides among it."""
    # Given rules with every threshold at another number, a very large one too
    thresholds = {name: {"threshold": 1_000_000} for name in _WITH_THRESHOLD}
    rule = _rendered("PrometheusRule", overrides=thresholds)

    # When promtool reads its groups, then it finds all rules
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump(rule["spec"]), encoding="utf-8")
    assert f"{len(alerts())} rules found" in promtool("check", "rules", file)


@pytest.mark.parametrize("alert", _WITH_THRESHOLD)
def test_a_threshold_is_the_number_that_the_expression_ends_with(alert: str) -> None:
    """It is changed by values, and nothing else of that alert or of others is."""
    # Given another threshold for one alert
    plain, changed = _rules(), _rules(**{alert: {"threshold": 4711.5}})

    # When the rules are compared, then that number alone is another
    expected = _THRESHOLD.sub("> 4711.5", plain[alert]["expr"].rstrip())
    assert changed[alert]["expr"].rstrip() == expected
    assert plain[alert]["expr"].rstrip() != expected
    assert {**changed, alert: plain[alert]} == plain


def test_an_alert_waits_longer_is_worse_or_is_not_there_at_all() -> None:
    """Whatever an operator wants of it, the file stays as it is."""
    # Given what is said of three alerts
    rules = _rules(
        HeadwayStageNotFlowing={"for": "45m"},
        HeadwayUnderReplicated={"severity": "critical"},
        HeadwayBacklogGrowing={"enabled": False},
    )

    # When they are looked at, then they are so
    assert rules["HeadwayStageNotFlowing"]["for"] == "45m"
    assert rules["HeadwayUnderReplicated"]["labels"]["severity"] == "critical"
    assert set(alerts()) - set(rules) == {"HeadwayBacklogGrowing"}

    # And what is not said is as in the file
    assert rules["HeadwayStageNotFlowing"]["labels"]["severity"] == "critical"
    assert rules["HeadwayUnderReplicated"]["for"] == alerts()["HeadwayUnderReplicated"]["for"]


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        ({"HeadwayDeadLetter": {"threshold": 1}}, "there is no such alert; there are Headway"),
        ({_WITHOUT[0]: {"threshold": 1}}, "its expression has none"),
        ({"HeadwayDeadLetters": {"treshold": 1}}, "treshold"),
    ],
)
def test_what_cannot_be_overridden_is_refused(overrides: dict[str, Any], told: str) -> None:
    """A typing error is not an alert that stays as it was."""
    # Given overrides that mean nothing, when the release is rendered, then helm says what is wrong
    with pytest.raises(Refused, match=told):
        _rules(**overrides)


def test_runbooks_are_where_the_values_say() -> None:
    """Whoever is called has a link to click."""
    # Given an address of the runbooks, when rules are rendered
    rule = _rendered("PrometheusRule", runbookUrl="https://wiki.example.com/runbooks/")

    # Then every link begins with it
    urls = [
        each["annotations"]["runbook_url"]
        for group in rule["spec"]["groups"]
        for each in group["rules"]
    ]
    assert len(urls) == len(alerts())
    assert "https://wiki.example.com/runbooks/stage-not-flowing.md" in urls
    assert all(url.startswith("https://wiki.example.com/runbooks/") for url in urls)


def test_every_pod_of_a_service_is_scraped_as_the_rules_expect() -> None:
    """Their port is found by its name; job and release are what alerts choose by."""
    # Given a release that is scraped
    monitor = _rendered("PodMonitor", labels={"prometheus": "ours"}, interval="15s")
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]

    # When its choice is held against the pods of the release
    wanted = monitor["spec"]["selector"]["matchLabels"]
    chosen = {
        pod.name
        for pod in render(OWN).pods()
        if wanted.items() <= pod.metadata["labels"].items()
        and any(port["name"] == endpoint["port"] for port in pod.main.get("ports", []))
    }

    # Then those of all services are in it, and no other
    assert chosen == set(SERVICES)

    # And the series get the labels that rules and dashboard choose by
    labels = {each["targetLabel"]: each["replacement"] for each in endpoint["relabelings"]}
    assert labels == {"job": "headway", "release": RELEASE}
    assert monitor["metadata"]["labels"]["prometheus"] == "ours"
    assert (endpoint["path"], endpoint["interval"]) == ("/metrics", "15s")


def test_the_dashboard_is_where_grafana_looks() -> None:
    """Its sidecar takes what has the label, byte by byte as it was tested."""
    # Given a release with the dashboard
    board = _rendered("ConfigMap", annotations={"grafana_folder": "Pipelines"})

    # When the object is looked at, then it is the file
    assert json.loads(board["data"]["headway.json"]) == json.loads(
        BOARD.read_text(encoding="utf-8")
    )
    assert board["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert board["metadata"]["annotations"] == {"grafana_folder": "Pipelines"}
