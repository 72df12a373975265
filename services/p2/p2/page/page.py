"""The report as one HTML page that needs nothing else: no script, no address, no font."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from p2.document import figures, notices, words
from p2.document.figures import Figure
from p2.document.profile import Column, Finding, Profile, ValueCount
from p2.page import heatmap, histogram, spark, timeline
from p2.page.drawing import Bar, BarChart

#: What keeps the page of a file with 1,000 columns below a megabyte; the workbook has them all.
CARDS_MAX: Final = 60
_LINES_MAX: Final = 200
_NOTICES_MAX: Final = 25
_VALUES_SHOWN: Final = 5

_KINDS: Final = {
    "integer": ("Whole number", "number"),
    "number": ("Number", "number"),
    "boolean": ("Yes/no", "flag"),
    "date": ("Date", "date"),
    "datetime": ("Date and time", "date"),
    "text": ("Text", "text"),
    "empty": ("Empty", "empty"),
}


@dataclass(frozen=True, slots=True)
class Share:
    """A value's part of a column; `width` is that of its bar, in percent."""

    value: str
    count: int
    percent: str
    width: float


@dataclass(frozen=True, slots=True)
class Card:
    """What the page shows of a column; the fields that do not fit its kind are empty."""

    column: Column
    chart: BarChart | None
    shares: list[Share]
    others: str
    samples: list[str]
    figures: list[Figure]
    findings: list[Finding]


@dataclass(frozen=True, slots=True)
class Line:
    """A column's line in the table at the top."""

    column: Column
    spark: list[Bar]
    filled: str
    filled_width: float
    distinct: str


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("p2"),
        # Every text on the page is a user's, and a name misspelt here is no empty place.
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent_of"] = words.percent
    environment.filters["counted"] = words.count
    environment.globals["kinds"] = _KINDS
    environment.globals["spark_box"] = f"0 0 {spark.WIDTH} {spark.HEIGHT}"
    return environment


_TEMPLATE: Final = _environment().get_template("report.html")


def render(profile: Profile) -> bytes:
    columns, correlation = profile["columns"], profile["correlation"]
    told = notices.of_file(profile["findings"], columns)
    cells = profile["rows"] * len(columns)
    page = _TEMPLATE.render(
        profile=profile,
        size=words.size(profile["source"]["size_bytes"]),
        cells=cells,
        filled=words.percent(cells - profile["missing_cells"], cells),
        filled_width=_share(cells - profile["missing_cells"], cells),
        notices=told[:_NOTICES_MAX],
        notices_left=len(told) - _NOTICES_MAX,
        levels=_levels(profile["findings"]),
        kinds_found=Counter(column["kind"] for column in columns).most_common(),
        complete=sum(column["missing"] == 0 for column in columns),
        lines=[_line(column, profile["rows"]) for column in columns[:_LINES_MAX]],
        cards=[_card(column, profile) for column in columns[:CARDS_MAX]],
        heat=heatmap.rows(correlation, columns) if correlation else [],
    )
    return page.encode()


def _levels(findings: list[Finding]) -> list[Figure]:
    """How many findings of each level, gravest first."""
    counted = [
        (level, sum(finding["level"] == level for finding in findings))
        for level in ("problem", "warning", "note")
    ]
    return [(level, words.count(count, level)) for level, count in counted if count]


def _line(column: Column, rows: int) -> Line:
    return Line(
        column=column,
        spark=spark.bars(column),
        filled=words.percent(column["values"], rows),
        filled_width=_share(column["values"], rows),
        distinct=figures.distinct(column),
    )


def _card(column: Column, profile: Profile) -> Card:
    text = column["text"]
    repeated = text is not None and text["top"][0]["count"] > 1
    shares = list(_shares(column)) if repeated or column["booleans"] else []
    return Card(
        column=column,
        chart=_chart(column),
        shares=shares,
        others=_others(column, shares),
        # Where no value repeats no bar says anything: some values stand for all.
        samples=[value["value"] for value in text["top"][:4]] if text and not repeated else [],
        figures=figures.of(column),
        findings=notices.of_column(profile["findings"], column["index"]),
    )


def _chart(column: Column) -> BarChart | None:
    if column["numbers"]:
        return histogram.chart(column, column["numbers"])
    if column["dates"]:
        return timeline.chart(column, column["dates"])
    return None


def _shares(column: Column) -> Iterator[Share]:
    counted = _counted(column)
    for value in counted[:_VALUES_SHOWN]:
        yield Share(
            value=value["value"],
            count=value["count"],
            percent=words.percent(value["count"], column["values"]),
            width=_share(value["count"], column["values"]),
        )


def _counted(column: Column) -> list[ValueCount]:
    booleans = column["booleans"]
    if booleans:
        return [
            {"value": booleans["true_label"], "count": booleans["true"]},
            {"value": booleans["false_label"], "count": booleans["false"]},
        ]
    return column["text"]["top"] if column["text"] else []


def _others(column: Column, shares: list[Share]) -> str:
    """What the bars leave out."""
    others = column["distinct"] - len(shares)
    rows = column["values"] - sum(share.count for share in shares)
    if not shares or others <= 0 or rows <= 0:
        return ""
    what = words.count(others, "other value")
    return f"{what} in {words.count(rows, 'row')}"


def _share(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0.0
