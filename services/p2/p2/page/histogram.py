"""A numeric column drawn: histogram, box and whiskers, and their common axis."""

from typing import Final

from p2.document import words
from p2.document.profile import Column, Histogram, Numbers
from p2.page.drawing import LEFT, RIGHT, WIDTH, BarChart, Box, Label, bar, count_labels, upward
from p2.page.scale import Scale, ticks

_VALUE_TICKS: Final = 5
#: About a digit's, in the style sheet's size for charts.
_LETTER_WIDTH: Final = 6.4
_HALF: Final = 0.5


def chart(column: Column, numbers: Numbers) -> BarChart:
    shape = numbers["histogram"]
    edges, highest = shape["edges"], max(shape["counts"])
    across, up = Scale(edges[0], edges[-1], LEFT, RIGHT), upward(highest)
    bars = [
        bar(across.at(edges[at]), across.at(edges[at + 1]), rows, up, _says(shape, at))
        for at, rows in enumerate(shape["counts"])
    ]
    says = (
        f"Histogram of {column['name']}: {words.count(sum(shape['counts']), 'value')}, from "
        f"{words.number(numbers['min'])} to {words.number(numbers['max'])}, "
        f"median {words.number(numbers['median'])}"
    )
    return BarChart(
        bars=bars,
        counts=count_labels(highest, up),
        axis=_axis(across, whole=column["kind"] == "integer"),
        says=says,
        box=_box(numbers, across),
        below=shape["below"],
        above=shape["above"],
    )


def bin_name(shape: Histogram, at: int) -> str:
    """`30 to 35`, or `3` where the bin is around a single whole number."""
    low, high = shape["edges"][at], shape["edges"][at + 1]
    if high - low == 1 and low % 1 == _HALF:
        return words.number((low + high) / 2)
    return f"{words.number(low)} to {words.number(high)}"


def _says(shape: Histogram, at: int) -> str:
    return f"{bin_name(shape, at)}: {words.count(shape['counts'][at], 'row')}"


def _axis(across: Scale, *, whole: bool) -> list[Label]:
    for wanted in range(_VALUE_TICKS, 0, -1):
        placed = ticks(across.low, across.high, wanted, whole=whole)
        if not _crowded([words.short(tick) for tick in placed]):
            break
    return [_within(across.at(tick), words.short(tick)) for tick in placed]


def _crowded(texts: list[str]) -> bool:
    return sum(len(text) + 2 for text in texts) * _LETTER_WIDTH > RIGHT - LEFT


def _within(at: float, text: str) -> Label:
    """A label centred on its place unless it would run out of the drawing."""
    if at + len(text) * _LETTER_WIDTH / 2 > WIDTH:
        return Label(WIDTH, text, "end")
    return Label(at, text)


def _box(numbers: Numbers, across: Scale) -> Box:
    middle = f"{words.number(numbers['q1'])} to {words.number(numbers['q3'])}"
    return Box(
        whisker_low=across.at(numbers["whisker_low"]),
        q1=across.at(numbers["q1"]),
        median=across.at(numbers["median"]),
        q3=across.at(numbers["q3"]),
        whisker_high=across.at(numbers["whisker_high"]),
        dots=[
            (
                across.at(float(example["value"])),
                f"Row {example['row']:,}: {words.number(float(example['value']))}",
            )
            for example in numbers["examples"]
        ],
        says=f"Middle half {middle}, median {words.number(numbers['median'])}",
    )
