"""The alerts that are shipped: each fires when it should, not otherwise, and has its page."""

import re
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from support.house.modules import ROOT
from support.monitoring.rules import FILE, RUNBOOKS, TESTS, alerts, expectations, slug
from support.monitoring.tools import promtool

from headway.observing import metrics

_SECTIONS = ["What it means", "How to see it", "What to do", "What not to do"]
_SELECTOR = re.compile(r"\b(headway_\w+|up)(\{[^}]*\})?")
#: What a histogram or a counter adds to its name.
_SUFFIX = re.compile(r"_(total|bucket|count|sum)$")


def test_prometheus_takes_the_rules() -> None:
    """The file is loaded as it is, without the chart."""
    # Given the file, when Prometheus' own tool reads it, then it finds every rule in it
    assert f"{len(alerts())} rules found" in promtool("check", "rules", FILE)


@pytest.mark.parametrize("test", TESTS, ids=lambda test: test.stem)
def test_the_alert_fires_when_it_should_and_not_otherwise(test: Path) -> None:
    """Series over time, and what fires at which moment, with all that it says."""
    # Given series as an instance tells them, when the rules are evaluated over time
    said = promtool("test", "rules", test)

    # Then each alert is where it is expected
    assert "SUCCESS" in said


@pytest.mark.parametrize("alert", alerts())
def test_every_alert_is_seen_quiet_firing_and_over(alert: str) -> None:
    """One case in which it comes and goes, one in which something like it is no alert."""
    # Given what is asked of the alert, case by case
    (test,) = (path for path in TESTS if path.stem == slug(alert))
    cases = [[fires for name, fires in case if name == alert] for case in expectations(test)]

    # When the cases are looked through, then one begins quiet, fires and ends quiet
    assert any(not case[0] and any(case) and not case[-1] for case in cases)

    # And in another it never fires
    assert any(case and not any(case) for case in cases)


@pytest.mark.parametrize("alert", alerts())
def test_every_alert_says_how_bad_it_is_and_leads_to_its_page(alert: str) -> None:
    """Whoever is called at night reads what it means, how to see it, what to do and what not."""
    # Given an alert
    rule = alerts()[alert]

    # When it is looked at, then it says how urgent it is, waits a while, and speaks
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert re.fullmatch(r"\d+m", rule["for"])
    said = rule["annotations"]
    assert set(said) == {"summary", "description", "runbook_url"}

    # And its page has its name and its severity, and the usual sections
    page = RUNBOOKS / f"{slug(alert)}.md"
    assert said["runbook_url"] == page.relative_to(ROOT).as_posix()
    lines = page.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# ")
    assert lines[2].startswith(f"Alert `{alert}`, {rule['labels']['severity']}")
    assert [line.removeprefix("## ") for line in lines if line.startswith("## ")] == _SECTIONS


@pytest.mark.parametrize("page", sorted(RUNBOOKS.glob("*.md")), ids=lambda page: page.stem)
def test_every_runbook_is_found(page: Path) -> None:
    """An alert leads to it, or what operators read first."""
    # Given a page, and where one comes from
    operations = (ROOT / "docs/operations.md").read_text(encoding="utf-8")

    # When the ways to it are looked for, then there is one
    of_an_alert = page.stem in {slug(alert) for alert in alerts()}
    assert of_an_alert or f"](runbooks/{page.name})" in operations


@pytest.mark.parametrize("alert", alerts())
def test_an_alert_asks_for_metrics_that_there_are_and_of_one_release(alert: str) -> None:
    """A metric that was renamed is an alert that never fires; another release has its own."""
    # Given the metrics that every service has
    known = {_SUFFIX.sub("", family.name) for family in REGISTRY.collect()}
    assert metrics.READY._name in known

    # When the expression is taken apart
    asked = _SELECTOR.findall(alerts()[alert]["expr"])

    # Then it asks for some of them, each of the release
    assert asked
    assert {_SUFFIX.sub("", name) for name, _ in asked} <= known | {"up"}
    assert [name for name, selector in asked if 'release=~".*"' not in selector] == []
