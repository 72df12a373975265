"""A date column drawn: how many rows fall in each span of time."""

from typing import Final

from p2.document import words
from p2.document.profile import Column, Dates
from p2.page.drawing import LEFT, RIGHT, BarChart, Label, bar, count_labels, upward
from p2.page.scale import Scale

_LABELS: Final = 3


def chart(column: Column, dates: Dates) -> BarChart:
    buckets, unit = dates["buckets"], dates["unit"]
    highest = max(bucket["count"] for bucket in buckets)
    across, up = Scale(0, len(buckets), LEFT, RIGHT), upward(highest)
    names = [words.bucket(bucket["start"], unit) for bucket in buckets]
    bars = [
        bar(
            across.at(at),
            across.at(at + 1),
            bucket["count"],
            up,
            f"{name}: {words.count(bucket['count'], 'row')}",
        )
        for at, (bucket, name) in enumerate(zip(buckets, names, strict=True))
    ]
    says = (
        f"Rows by {unit} in {column['name']}, from {words.moment(dates['first'])} "
        f"to {words.moment(dates['last'])}"
    )
    return BarChart(
        bars=bars, counts=count_labels(highest, up), axis=_axis(names, across), says=says
    )


def _axis(names: list[str], across: Scale) -> list[Label]:
    """The first and the last bucket, and one between them if there is room."""
    if len(names) == 1:
        return [Label(across.at(0.5), names[0])]
    labels = [Label(LEFT, names[0], "start"), Label(RIGHT, names[-1], "end")]
    if len(names) >= _LABELS:
        middle = len(names) // 2
        labels.insert(1, Label(across.at(middle + 0.5), names[middle]))
    return labels
