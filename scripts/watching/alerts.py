"""The alerts as a table for operators: how urgent, when, and where to read on."""

from pathlib import Path
from typing import Any, Final

import yaml

_FILE: Final = "deploy/helm/headway/files/alerts.yaml"


def table(root: Path) -> str:
    """A line an alert, with links as of a page in `docs/`."""
    groups = yaml.safe_load((root / _FILE).read_text(encoding="utf-8"))["groups"]
    lines = ["| alert, its runbook | severity | fires when | for |", "|---|---|---|---|"]
    lines += [_line(root, rule) for group in groups for rule in group["rules"]]
    return "\n".join(lines) + "\n"


def _line(root: Path, rule: dict[str, Any]) -> str:
    page = rule["annotations"]["runbook_url"]
    link = f"[{rule['alert']}]({page.removeprefix('docs/')})"
    return f"| {link} | {rule['labels']['severity']} | {_when(root / page)} | {rule['for']} |"


def _when(page: Path) -> str:
    """The first sentence of the runbook behind the severity, in one line."""
    paragraph = page.read_text(encoding="utf-8").split("\n\n")[1]
    told = " ".join(paragraph.split()).partition(": ")[2]
    return told.partition(". ")[0].rstrip(".")
