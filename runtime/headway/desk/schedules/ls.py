"""`headway schedules ls`: every rule and every window, and when each acts next."""

from argparse import ArgumentParser, Namespace
from typing import Final

from headway.base.clock import SystemClock
from headway.desk.cluster import reached
from headway.desk.schedules.standing import Standing, standing
from headway.desk.subcommand import DONE, SubCommand
from headway.desk.telling import answer, answer_json, moment, note, table
from headway.wire.schedules.rule import Rule, Run
from headway.wire.schedules.window import Windows

_RULES: Final = ("RULE", "KIND", "STAGE", "NEXT", "LAST", "WAITING", "DONE", "STANDS")
_WINDOWS: Final = ("WINDOW", "STANDS", "UNTIL", "NEXT")
_NONE: Final = "-"


def add(parser: ArgumentParser) -> None:
    """How it is answered."""
    parser.add_argument("--json", action="store_true", help="a line of JSON for each")


def run(chosen: Namespace) -> int:
    """Tell them."""
    with reached() as cluster:
        found = standing(cluster, SystemClock().now_ms())
    if chosen.json:
        _tell_json(found)
        return DONE
    if not found.rules and not found.windows:
        note("no scheduler has said anything yet: there is none, or it has no rules")
    if found.rules:
        table(_RULES, map(_rule, found.rules.values()))
    if found.windows:
        if found.rules:
            answer("")
        table(_WINDOWS, map(_window, found.windows.values()))
    return DONE


def _tell_json(found: Standing) -> None:
    for rule in found.rules.values():
        answer_json({**rule._asdict(), "run": rule.run and rule.run._asdict()})
    for windows in found.windows.values():
        told = {"lanes": windows.lanes, "lanes_open": windows.open}
        answer_json({"window": windows.window.stage, **windows.window._asdict(), **told})


def _rule(rule: Rule) -> tuple[str, ...]:
    return (
        rule.rule,
        rule.kind,
        rule.stage or _NONE,
        _at(rule.next_at),
        _at(rule.last_at),
        f"{rule.pending:,}",
        f"{rule.done:,}",
        ", ".join(filter(None, (_paused(rule), rule.run and run_words(rule.run)))) or "waits",
    )


def _paused(rule: Rule) -> str:
    by = f" by {rule.paused_by}" if rule.paused_by else ""
    return f"paused{by}" if rule.paused else ""


def run_words(run: Run) -> str:
    """How far a run is."""
    found = f"{run.matched:,} found" if run.dry else f"{run.sent:,} of {run.matched:,} sent"
    if run.over:
        return f"{'counted' if run.dry else 'ran'}: {found}"
    part = min(100, 100 * run.position // max(1, run.end))
    return f"{'counting' if run.dry else 'running'}: {found}, {part} % looked at"


def _window(windows: Windows) -> tuple[str, ...]:
    window = windows.window
    some = f"open in {windows.open} of {windows.lanes} lanes" if windows.open else "closed"
    return (
        window.stage,
        "open" if window.open else some,
        _at(window.until),
        _at(window.next_at),
    )


def _at(ms: int | None) -> str:
    return _NONE if ms is None else moment(ms)


SUBCOMMAND: Final = SubCommand("ls", "list rules and windows", add, run)
