"""The dashboard that is shipped, as Grafana would read it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from support.house.modules import ROOT

FILE: Final = ROOT / "deploy/helm/headway/files/dashboard.json"


@dataclass(frozen=True)
class Asked:
    """One query of one panel; *expr* has Grafana's variables in it."""

    panel: str
    legend: str
    expr: str

    def with_everything(self, *, rate_seconds: int) -> str:
        """The query as Grafana sends it where every variable is at "All"."""
        expr = self.expr.replace("$__rate_interval", f"{rate_seconds}s")
        for name in ("namespace", "release", "stage"):
            expr = expr.replace(f'"${name}"', '".*"')
        assert "$" not in expr, expr
        return expr


@cache
def board() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return read


def panels() -> list[dict[str, Any]]:
    """All that show something; rows are their headings."""
    return [panel for panel in board()["panels"] if panel["type"] != "row"]


def asked() -> Iterator[Asked]:
    """Every query of every panel."""
    for panel in panels():
        for target in panel["targets"]:
            yield Asked(panel["title"], target["legendFormat"], target["expr"])
