"""A column's shape small enough for a line of a table."""

from typing import Final

from p2.document.profile import Column
from p2.page.drawing import Bar

WIDTH: Final = 84
HEIGHT: Final = 20
_WIDEST: Final = 12.0
_GAP: Final = 0.6


def bars(column: Column) -> list[Bar]:
    counts = _shape(column)
    highest = max(counts, default=0)
    if not highest:
        return []
    width = min(WIDTH / len(counts), _WIDEST)
    return [_bar(at, rows / highest, width) for at, rows in enumerate(counts)]


def _bar(at: int, share: float, width: float) -> Bar:
    # A single row among thousands still shows.
    tall = max(HEIGHT * share, 1.0) if share else 0.0
    return Bar(
        round(at * width, 1), round(HEIGHT - tall, 1), round(width - _GAP, 1), round(tall, 1)
    )


def _shape(column: Column) -> list[int]:
    if column["numbers"]:
        return column["numbers"]["histogram"]["counts"]
    if column["dates"]:
        return [bucket["count"] for bucket in column["dates"]["buckets"]]
    if column["booleans"]:
        return [column["booleans"]["true"], column["booleans"]["false"]]
    if column["text"]:
        return [value["count"] for value in column["text"]["top"]]
    return []
