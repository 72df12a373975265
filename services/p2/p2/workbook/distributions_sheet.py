"""What the charts draw, as numbers, and the charts on a sheet of their own."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import xlsxwriter

from p2.document import words
from p2.document.profile import Column, Histogram, Profile
from p2.page import histogram
from p2.workbook.formats import Formats, write_text

#: Enough for a file people read; one more chart costs a millisecond and a screen to scroll.
CHARTS_MAX: Final = 60
_CHARTS_A_ROW: Final = 3
_CHART_WIDTH: Final = 400
_CHART_HEIGHT: Final = 260
_HEADS: Final = (("Column", 30), ("Value", 34), ("Rows", 12))
_COLOURS: Final = {"numbers": "#2F6BD0", "dates": "#0C7F76", "values": "#7A4FC2"}

Point = tuple[str, int]


@dataclass(frozen=True, slots=True)
class _Block:
    """A column's rows on the sheet; `shape` tells how it is drawn."""

    shape: str
    points: list[Point]


def fill(
    workbook: xlsxwriter.Workbook, sheet: Any, charts: Any, profile: Profile, looks: Formats
) -> None:
    for at, (head, width) in enumerate(_HEADS):
        sheet.set_column(at, at, width)
        write_text(sheet, 0, at, head, looks.head_right if head == "Rows" else looks.head)
    sheet.freeze_panes(1, 0)
    # 2 is: on the screen as well as in print.
    charts.hide_gridlines(2)
    row, drawn = 1, 0
    for column in profile["columns"]:
        block = _block(column)
        if drawn == CHARTS_MAX or not block.points:
            continue
        _write(sheet, row, column["name"], block, looks)
        _draw(workbook, charts, drawn, row, block)
        row, drawn = row + len(block.points), drawn + 1
    sheet.autofilter(0, 0, max(row - 1, 0), len(_HEADS) - 1)


def _block(column: Column) -> _Block:
    if column["numbers"]:
        return _Block("numbers", list(_bins(column["numbers"]["histogram"])))
    dates, booleans, text = column["dates"], column["booleans"], column["text"]
    if dates:
        unit = dates["unit"]
        named = [(words.bucket(b["start"], unit), b["count"]) for b in dates["buckets"]]
        return _Block("dates", named)
    if booleans:
        return _Block(
            "values",
            [
                (booleans["true_label"], booleans["true"]),
                (booleans["false_label"], booleans["false"]),
            ],
        )
    if text and text["top"][0]["count"] > 1:
        return _Block("values", [(value["value"], value["count"]) for value in text["top"]])
    return _Block("values", [])


def _bins(shape: Histogram) -> Iterator[Point]:
    if shape["below"]:
        yield f"below {words.number(shape['edges'][0])}", shape["below"]
    for at, count in enumerate(shape["counts"]):
        yield histogram.bin_name(shape, at), count
    if shape["above"]:
        yield f"above {words.number(shape['edges'][-1])}", shape["above"]


def _write(sheet: Any, first: int, name: str, block: _Block, looks: Formats) -> None:
    for row, (value, count) in enumerate(block.points, start=first):
        write_text(sheet, row, 0, name, looks.text)
        write_text(sheet, row, 1, value, looks.text)
        sheet.write_number(row, 2, count, looks.whole)


def _draw(workbook: Any, charts: Any, at: int, first: int, block: _Block) -> None:
    last = first + len(block.points) - 1
    lying = block.shape == "values"
    chart = workbook.add_chart({"type": "bar" if lying else "column"})
    chart.add_series(
        {
            "categories": ["Distributions", first, 1, last, 1],
            "values": ["Distributions", first, 2, last, 2],
            "fill": {"color": _COLOURS[block.shape]},
            "gap": 40 if lying else 8,
        }
    )
    # The title is taken from a cell: a name such as `=A1` given here would be a formula.
    chart.set_title(
        {"name": ["Distributions", first, 0], "name_font": {"size": 12}, "overlay": False}
    )
    chart.set_legend({"none": True})
    chart.set_x_axis({"num_font": {"size": 8}, "reverse": False})
    # Lying bars begin at the bottom; reversed, the most frequent stands on top.
    chart.set_y_axis(
        {"num_font": {"size": 8}, "reverse": lying, "major_gridlines": {"visible": not lying}}
    )
    chart.set_size({"width": _CHART_WIDTH, "height": _CHART_HEIGHT})
    row, across = divmod(at, _CHARTS_A_ROW)
    charts.insert_chart(
        0,
        0,
        chart,
        {
            "x_offset": 12 + across * (_CHART_WIDTH + 12),
            "y_offset": 12 + row * (_CHART_HEIGHT + 12),
        },
    )
