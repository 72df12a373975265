"""The dashboard as a picture, for where there is no Grafana."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

import pytest

from watching import series, sheet
from watching.panel import Kind, Panel, Query, Row, Unit
from watching.series import Series, Span

_SPAN = Span(1000, 2000)
_NUMBER = Panel("Waiting", "", Unit.COUNT, (Query("a", "jobs"),), kind=Kind.NUMBER, width=4)
_LINES = Panel("Time <of> it", "", Unit.SECONDS, (Query("b{ALL}", "{{stage}} p50"),), width=12)


def _texts(picture: str) -> list[str]:
    root = ET.fromstring(picture)  # noqa: S314 - our own
    return ["".join(each.itertext()) for each in root.iter() if each.tag.endswith("text")]


def test_every_panel_is_drawn_with_its_lines_and_their_names() -> None:
    """A number is its newest one; lines lie within the panel, the highest value is told."""
    # Given a row with a number and one with lines
    hole = [(1000, 0.0), (1008, 0.25), (1500, 0.25)]
    lines = [Series("p1 p50", hole), Series("p2 p50", [(2000, 0.5)])]
    said = {_NUMBER: [Series("jobs", [(1000, 7.0), (2000, 1234.0)])], _LINES: lines}

    # When it is drawn
    picture = sheet.svg([Row("Now", (_NUMBER, _LINES))], said.__getitem__, _SPAN)

    # Then all of it can be read
    texts = _texts(picture)
    assert {"Now", "Waiting", "1,234", "Time <of> it", "500 ms"} <= set(texts)
    assert "● p1 p50  ● p2 p50" in texts

    # And the lines begin and end where their panel does, and have a hole where there was nothing
    assert 'd="M8.0 146.0L12.5 90.0M287.5 90.0"' in picture
    assert "M567.0 34.0" in picture


def test_what_has_no_data_says_so() -> None:
    """An empty panel is no broken picture."""
    # Given panels for which there is nothing, when they are drawn
    picture = sheet.svg([Row("Now", (_NUMBER, _LINES))], lambda _: [Series("p1", [])], _SPAN)

    # Then the number says it, and the lines are none
    assert "no data" in _texts(picture)
    assert 'stroke="' not in picture


@pytest.fixture
def prometheus() -> Iterator[tuple[str, list[dict[str, list[str]]]]]:
    """One that answers every question with the same series; and what it was asked."""
    asked: list[dict[str, list[str]]] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(parse_qs(urlsplit(self.path).query))
            values = [[1000, "0.5"], [1500, "NaN"], [2000, "+Inf"]]
            found = {"metric": {"stage": "p1"}, "values": values}
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"data": {"result": [found]}}).encode())

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


def test_a_prometheus_is_asked_as_grafana_would(
    prometheus: tuple[str, list[dict[str, list[str]]]],
) -> None:
    """Every variable at "All", names by labels; what is no number is a gap."""
    # Given a Prometheus
    url, asked = prometheus

    # When the lines of a panel are asked of it
    found = series.of(_LINES, url, _SPAN)

    # Then they have the names that the legend says, and numbers alone
    assert found == [Series("p1 p50", [(1000.0, 0.5)])]

    # And it was asked for everything, over the whole time
    (question,) = asked
    assert question["query"] == ['b{namespace=~".*",release=~".*"}']
    assert (question["start"], question["end"]) == (["1000"], ["2000"])
