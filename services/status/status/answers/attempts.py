"""A job's timeline by attempt, and what ended each. Pure."""

from collections.abc import Collection, Mapping
from itertools import groupby
from typing import Any

JsonObject = dict[str, Any]


def attempts_of(
    steps: list[JsonObject], attempt: int, error: JsonObject | None, ends: Collection[str]
) -> list[JsonObject]:
    """*steps* (as they are shown) by attempt, the first one first.

    *error* is that of *attempt*, the newest. Of an attempt before it the last step tells what ended
    it, if it is one of the statuses *ends*; what may be done about that is nobody's question any
    more, so it is None.
    """
    grouped = [
        (number, list(its)) for number, its in groupby(steps, key=lambda step: step["attempt"])
    ]
    return [
        {
            "attempt": number,
            "steps": its,
            "error": error if number == attempt else _ended_by(its[-1], ends),
        }
        for number, its in grouped
    ]


def _ended_by(step: Mapping[str, Any], ends: Collection[str]) -> JsonObject | None:
    if step["status"] not in ends:
        return None
    detail = step["detail"] or ""
    name, colon, message = detail.partition(": ")
    if not colon or not name.isidentifier():
        name, message = "", detail
    return {
        "stage": None,
        "error_class": name,
        "message": message,
        "retry_available": None,
        "dead_letter": None,
    }
