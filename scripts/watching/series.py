"""What a Prometheus has to say to the panels over a time, as Grafana would ask it."""

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode
from urllib.request import urlopen

from watching.panel import Panel, Query

#: As many as a panel is wide.
_STEPS: Final = 120
_SECONDS: Final = 30
_LABEL: Final = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True, slots=True)
class Series:
    """One line: its name in the legend, and values by time in seconds, all of them numbers."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when, in seconds since 1970."""

    begin: float
    end: float

    @property
    def step_seconds(self) -> float:
        return max((self.end - self.begin) / _STEPS, 1)


def of(panel: Panel, prometheus: str, span: Span) -> list[Series]:
    """The lines of *panel*; *prometheus* is the URL of one."""
    return [line for query in panel.queries for line in _lines(query, prometheus, span)]


def everything(query: Query, *, rate_seconds: float) -> str:
    """The query as Grafana sends it where every variable is at "All"."""
    expr = query.expr.replace("$__rate_interval", f"{rate_seconds:.0f}s")
    return re.sub(r'"\$\w+"', '".*"', expr)


def _lines(query: Query, prometheus: str, span: Span) -> Iterator[Series]:
    # Grafana takes no less than four scrapes.
    rate_seconds = max(4 * span.step_seconds, 20)
    asked = urlencode(
        {
            "query": everything(query, rate_seconds=rate_seconds),
            "start": span.begin,
            "end": span.end,
            "step": span.step_seconds,
        }
    )
    with urlopen(f"{prometheus}/api/v1/query_range?{asked}", timeout=_SECONDS) as answer:  # noqa: S310 - of whoever draws
        for found in json.load(answer)["data"]["result"]:
            yield Series(_name(query.legend, found["metric"]), list(_numbers(found["values"])))


def _name(legend: str, labels: dict[str, str]) -> str:
    return " ".join(_LABEL.sub(lambda label: labels.get(label[1], ""), legend).split())


def _numbers(values: list[Any]) -> Iterator[tuple[float, float]]:
    for at, text in values:
        value = float(text)
        if math.isfinite(value):
            yield float(at), value
