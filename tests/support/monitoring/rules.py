"""The rule file that is shipped, and what promtool tests of it."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from support.house.modules import ROOT

FILE: Final = ROOT / "deploy/helm/headway/files/alerts.yaml"
TESTS: Final = sorted((ROOT / "tests/monitoring/alerts").glob("*.yaml"))
RUNBOOKS: Final = ROOT / "docs/runbooks"


@cache
def alerts() -> dict[str, dict[str, Any]]:
    """Every alert by its name."""
    groups = yaml.safe_load(FILE.read_text(encoding="utf-8"))["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def slug(alert: str) -> str:
    """The name of an alert's runbook and of its test: HeadwayStageNotFlowing, stage-not-flowing."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", alert.removeprefix("Headway")).lower()


def expectations(test: Path) -> Iterator[list[tuple[str, bool]]]:
    """Of each case in *test*: which alert is asked for in turn, and whether it is to fire."""
    for case in yaml.safe_load(test.read_text(encoding="utf-8"))["tests"]:
        yield [(asked["alertname"], bool(asked["exp_alerts"])) for asked in case["alert_rule_test"]]
