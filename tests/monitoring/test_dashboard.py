"""Grafana's dashboard as a file: it can be read, drawn and asked."""

import re
from itertools import pairwise
from pathlib import Path

import yaml
from prometheus_client import REGISTRY
from support.monitoring.board import asked, board, panels
from support.monitoring.rules import alerts
from support.monitoring.tools import promtool

from headway.observing import metrics

_COLUMNS = 24
_SUFFIX = re.compile(r"_(total|bucket|count|sum)$")


def test_every_query_is_one(tmp_path: Path) -> None:
    """Prometheus' own tool parses each, with the variables filled in."""
    # Given every query, as rules that record it
    rules = [
        {"record": f"q{index}", "expr": query.with_everything(rate_seconds=60)}
        for index, query in enumerate(asked())
    ]
    file = tmp_path / "queries.yaml"
    file.write_text(
        yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}), encoding="utf-8"
    )

    # When the tool reads them, then it takes all of them
    assert f"{len(rules)} rules found" in promtool("check", "rules", file)


def test_every_query_asks_for_what_there_is_and_for_what_was_chosen() -> None:
    """A metric that was renamed would be an empty panel; one of another release a wrong one."""
    # Given the metrics that every service has
    known = {_SUFFIX.sub("", family.name) for family in REGISTRY.collect()}
    assert metrics.READY._name in known

    # When the queries are taken apart, then each metric is known
    selectors = [
        found for query in asked() for found in re.findall(r"(headway_\w+)(\{[^}]*\})?", query.expr)
    ]
    assert {_SUFFIX.sub("", name) for name, _ in selectors} <= known

    # And asked for what the variables choose
    chosen = 'namespace=~"$namespace",release=~"$release"'
    assert [name for name, labels in selectors if chosen not in labels] == []


def test_no_panel_lies_on_another() -> None:
    """From left to right and downwards, without a gap that is not at the end of a line."""
    # Given the places of all panels, in their order
    places = [panel["gridPos"] for panel in board()["panels"]]

    # When two that follow each other are looked at, then the later is beside or below
    for before, after in pairwise(places):
        beside = after["y"] == before["y"] and after["x"] == before["x"] + before["w"]
        below = after["y"] == before["y"] + before["h"] and after["x"] == 0
        assert beside or below, (before, after)
    assert all(place["x"] + place["w"] <= _COLUMNS for place in places)

    # And each has a number of its own
    numbers = [panel["id"] for panel in board()["panels"]]
    assert len(set(numbers)) == len(numbers)


def test_every_panel_says_what_to_think_of_it() -> None:
    """Who opens it for the first time is told; the alerts it names are there."""
    # Given all panels, when they are read, then each explains itself
    assert [panel["title"] for panel in panels() if not panel["description"]] == []

    # And names no alert that there is not
    text = " ".join(panel["description"] for panel in panels())
    named = set(re.findall(r"Headway\w+", text))
    assert named
    assert named <= set(alerts())


def test_the_data_source_is_chosen_by_whoever_looks() -> None:
    """No name of somebody's Prometheus is in it."""
    # Given all that is asked of a data source
    text = board()["panels"] + board()["annotations"]["list"] + board()["templating"]["list"]
    sources = [part["datasource"] for part in text if "datasource" in part]

    # When they are compared, then all are the variable
    assert sources
    assert {source["uid"] for source in sources} == {"${datasource}"}
