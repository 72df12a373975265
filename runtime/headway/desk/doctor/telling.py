"""Findings as lines for people, and as JSON."""

from typing import Any

from headway.desk.doctor.examining import Told

_WIDTH = 12


def line(told: Told) -> str:
    """One line: how it is, which check, where, what, and what to do."""
    level, where, what, remedy = told.finding
    place = f"{where}: " if where else ""
    todo = f" → {remedy}" if remedy else ""
    return f"{level.value} {told.check:<{_WIDTH}} {place}{what}{todo}"


def document(told: list[Told], *, well: bool) -> dict[str, Any]:
    """All findings; *well*: nothing is wrong."""
    rows = [
        {
            "check": one.check,
            "level": one.finding.level.name.lower(),
            "where": one.finding.where,
            "what": one.finding.what,
            "do": one.finding.remedy,
        }
        for one in told
    ]
    return {"ok": well, "findings": rows}
