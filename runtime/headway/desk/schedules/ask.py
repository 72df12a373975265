"""`headway schedules pause|resume|run|count|stop`: a record to every lane, all acknowledged."""

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Final
from uuid import uuid4

from headway.base.clock import SystemClock
from headway.desk.cluster import Cluster, reached
from headway.desk.jobs.told import add_asking
from headway.desk.schedules.lanes import write_to_lanes
from headway.desk.schedules.ls import run_words
from headway.desk.schedules.standing import rules
from headway.desk.subcommand import DONE, NotDone, SubCommand
from headway.desk.telling import answer, answer_json, note
from headway.wire.schedules.asked import COUNT, PAUSE, RESUME, RUN, STOP, ScheduleCommand

_WORDS: Final = {
    PAUSE: "let a rule do nothing by itself",
    RESUME: "let a paused rule go on",
    RUN: "let a rule act now; of a window: open it",
    COUNT: "count what a rule would be run for, and do nothing",
    STOP: "end a rule's run before it is through; of a window: close it",
}
_WALKS: Final = (RUN, COUNT)
_LOOK_SECONDS: Final = 1.0


def _add(parser: ArgumentParser, kind: str) -> None:
    parser.add_argument("rule", metavar="RULE", help="its name, as `headway schedules ls` has it")
    if kind in _WALKS:
        parser.add_argument("--wait", action="store_true", help="until it is through in every lane")
    add_asking(parser)


def _run(chosen: Namespace, kind: str) -> int:
    with reached() as cluster:
        _require_known(cluster, chosen.rule)
        at = SystemClock().now_ms()
        command = ScheduleCommand(str(uuid4()), chosen.rule, kind, chosen.by, at)
        write_to_lanes(cluster, command)
        if chosen.json:
            answer_json(asdict(command))
        else:
            answer(f"{kind} of {chosen.rule} is asked for: command {command.command_id}")
        if kind in _WALKS and chosen.wait:
            answer(_awaited(cluster, command))
    return DONE


def _require_known(cluster: Cluster, name: str) -> None:
    known = rules(cluster)
    if name not in known:
        told = f"there are {', '.join(known)}" if known else "no scheduler has told of any yet"
        raise NotDone(f"no rule is called {name!r}: {told}")


def _awaited(cluster: Cluster, command: ScheduleCommand) -> str:
    """How the run that *command* began has ended, in words; for as long as that takes."""
    told = ""
    while True:
        rule = rules(cluster).get(command.rule)
        run = rule.run if rule else None
        if run is not None and run.run_id == command.command_id:
            if run.over:
                return run_words(run)
            words = run_words(run)
            if words != told:
                note(words)
                told = words
        time.sleep(_LOOK_SECONDS)


def _subcommand(kind: str) -> SubCommand:
    add: Callable[[ArgumentParser], None] = partial(_add, kind=kind)
    return SubCommand(kind, _WORDS[kind], add, partial(_run, kind=kind))


SUBCOMMANDS: Final = tuple(map(_subcommand, _WORDS))
