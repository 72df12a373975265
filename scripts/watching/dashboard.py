"""The rows as a dashboard that Grafana imports."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from watching.failures import FAILURES
from watching.now import NOW
from watching.panel import Kind, Panel, Row
from watching.schedules import SCHEDULES
from watching.services import GATEWAY, STATUS
from watching.sums import SUMS
from watching.work import FRAMES, LATENCY

ROWS: Final = (NOW, LATENCY, FAILURES, SCHEDULES, FRAMES, SUMS, STATUS, GATEWAY)

#: Grafana 12; older ones read what they know of it.
_SCHEMA_VERSION: Final = 41
_COLUMNS: Final = 24
_HEIGHT: Final = {Kind.LINES: 8, Kind.NUMBER: 4}
_SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
#: Of every variable: a metric that each stage has, so that there is a choice while status is away.
_KNOWN_BY: Final = "headway_partitions"


def text() -> str:
    """The dashboard as JSON."""
    return json.dumps(_dashboard(), indent=1, ensure_ascii=False) + "\n"


def _dashboard() -> dict[str, Any]:
    return {
        "uid": "headway",
        "title": "headway",
        "description": "Jobs through their stages: how many wait, how long, what becomes of them.",
        "tags": ["headway", "kafka"],
        "schemaVersion": _SCHEMA_VERSION,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "",
        "annotations": {"list": [_alerts()]},
        "templating": {"list": list(_variables())},
        "panels": list(_placed(ROWS)),
    }


def _alerts() -> dict[str, Any]:
    chosen = 'namespace=~"$namespace",release=~"$release"'
    return {
        "name": "Alerts",
        "datasource": _SOURCE,
        "enable": True,
        "iconColor": "red",
        "expr": f'ALERTS{{{chosen},alertname=~"Headway.*",alertstate="firing"}}',
        "step": "60s",
        "titleFormat": "{{alertname}}",
        "textFormat": "{{stage}}{{topic}}{{instance}}",
    }


def _variables() -> Iterator[dict[str, Any]]:
    yield {
        "name": "datasource",
        "label": "Data source",
        "type": "datasource",
        "query": "prometheus",
    }
    known = ""
    for name in ("namespace", "release", "stage"):
        query = f"label_values({_KNOWN_BY}{known and f'{{{known}}}'}, {name})"
        yield {
            "name": name,
            "label": name.capitalize(),
            "type": "query",
            "datasource": _SOURCE,
            "definition": query,
            "query": {"query": query, "refId": name},
            "refresh": 2,
            "sort": 1,
            "multi": True,
            "includeAll": True,
            # Also where the label is not there at all, as with a Prometheus outside Kubernetes.
            "allValue": ".*",
            "current": {"text": ["All"], "value": ["$__all"]},
        }
        known += f'{"," if known else ""}{name}=~"${name}"'


def _placed(rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """Every row's heading and panels, from left to right and downwards, numbered."""
    number, y = 0, 0
    for row in rows:
        number += 1
        yield {
            "id": number,
            "type": "row",
            "title": row.title,
            "collapsed": False,
            "gridPos": {"x": 0, "y": y, "w": _COLUMNS, "h": 1},
            "panels": [],
        }
        x, y, height = 0, y + 1, 0
        for panel in row.panels:
            if x + panel.width > _COLUMNS:
                x, y = 0, y + height
            number, height = number + 1, _HEIGHT[panel.kind]
            place = {"x": x, "y": y, "w": panel.width, "h": height}
            yield {"id": number, "gridPos": place, **_panel(panel)}
            x += panel.width
        y += height


def _panel(panel: Panel) -> dict[str, Any]:
    return {
        "type": panel.kind.value,
        "title": panel.title,
        "description": panel.about,
        "datasource": _SOURCE,
        "fieldConfig": {"defaults": _field(panel), "overrides": []},
        "options": _LOOKS[panel.kind],
        "targets": [
            {
                "refId": chr(ord("A") + index),
                "datasource": _SOURCE,
                "expr": query.expr,
                "legendFormat": query.legend,
                "instant": panel.kind is Kind.NUMBER,
                "range": panel.kind is Kind.LINES,
            }
            for index, query in enumerate(panel.queries)
        ],
    }


def _field(panel: Panel) -> dict[str, Any]:
    defaults: dict[str, Any] = {"unit": panel.unit.value, "min": 0}
    if panel.kind is Kind.LINES:
        defaults["custom"] = {
            "drawStyle": "line",
            "lineWidth": 1,
            "fillOpacity": 40 if panel.stacked else 8,
            "showPoints": "never",
            "stacking": {"mode": "normal" if panel.stacked else "none", "group": "A"},
        }
    return defaults


_LOOKS: Final[dict[Kind, dict[str, Any]]] = {
    Kind.LINES: {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    Kind.NUMBER: {
        "colorMode": "none",
        "graphMode": "none",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    },
}
