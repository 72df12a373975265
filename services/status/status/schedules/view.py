"""The schedules as JSON."""

from headway.wire.schedules.rule import Rule, Run
from headway.wire.schedules.window import Windows
from status.answers.views import JsonObject, iso
from status.schedules.board import Standing


def schedules(standing: Standing, now_ms: int) -> JsonObject:
    """How every rule and every window stands."""
    return {
        "rules": [_rule(rule) for rule in standing.summed()],
        "windows": [_window(windows) for windows in standing.windows_at(now_ms)],
    }


def _rule(rule: Rule) -> JsonObject:
    return {
        **rule._asdict(),
        "next_at": _moment(rule.next_at),
        "last_at": _moment(rule.last_at),
        "run": rule.run and _run(rule.run),
        "updated_at": iso(rule.updated_at),
    }


def _run(run: Run) -> JsonObject:
    return {
        **run._asdict(),
        "started_at": iso(run.started_at),
        "finished_at": _moment(run.finished_at),
    }


def _window(windows: Windows) -> JsonObject:
    window = windows.window
    return {
        **window._asdict(),
        "until": _moment(window.until),
        "next_at": _moment(window.next_at),
        "at": iso(window.at),
        "lanes": windows.lanes,
        "lanes_open": windows.open,
    }


def _moment(ms: int | None) -> str | None:
    return None if ms is None else iso(ms)
