"""`headway doctor`: checks that the services find what they need, and says what to do.

It takes the environment of the services. What it does to the cluster harms nothing: it reads, opens
transactions that it aborts, and writes one object below doctor/ that it removes.

✓ well   ! works, but look at it   ✗ wrong   ? not checked

Exit codes: 0 nothing is wrong; 1 something is; 2 it could not begin.
"""

from argparse import ArgumentParser, Namespace
from typing import Final

from headway.declared.pipeline import Pipeline
from headway.desk.doctor.checks import FIRST, OTHERS
from headway.desk.doctor.examining import Told, examined
from headway.desk.doctor.finding import Level
from headway.desk.doctor.patient import Patient
from headway.desk.doctor.telling import document, line
from headway.desk.subcommand import DONE, NOT_DONE, SubCommand
from headway.desk.telling import answer, answer_json, counted

_PATIENCE_SECONDS: Final = 20.0


def add(parser: ArgumentParser) -> None:
    """Say what can be asked."""
    parser.description = __doc__
    services = (*Pipeline.load().groups, "gateway", "status")
    parser.add_argument(
        "--as",
        dest="services",
        action="append",
        choices=services,
        help="whose rights these settings are to have; all if it is not said",
    )
    parser.add_argument("--gateway", default="", metavar="URL", help="ask this gateway, too")
    parser.add_argument("--status", default="", metavar="URL", help="ask this status service, too")
    parser.add_argument(
        "--patience",
        type=float,
        default=_PATIENCE_SECONDS,
        metavar="20",
        help="seconds that one check may take",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.set_defaults(all_services=services)


def run(chosen: Namespace) -> int:
    """Examine, and tell each finding when it is made."""
    patient = Patient.of(
        tuple(chosen.services or chosen.all_services),
        chosen.gateway,
        chosen.status,
        chosen.patience,
    )
    told: list[Told] = []
    for one in examined(patient, FIRST, OTHERS):
        told.append(one)
        if not chosen.json:
            answer(line(one))
    faults = _count(told, Level.WRONG)
    if chosen.json:
        answer_json(document(told, well=not faults))
    else:
        answer(_sum(faults, _count(told, Level.WARNING), _count(told, Level.UNKNOWN)))
    return NOT_DONE if faults else DONE


def _count(told: list[Told], level: Level) -> int:
    return sum(one.finding.level is level for one in told)


def _sum(faults: int, warnings: int, unknown: int) -> str:
    """The last line: how it is on the whole."""
    words = [f"{counted(faults, 'thing')} wrong" if faults else "nothing is wrong"]
    words += [f"{counted(warnings, 'thing')} to look at"] * bool(warnings)
    words += [f"{unknown:,} not checked"] * bool(unknown)
    return ", ".join(words)


SUBCOMMAND: Final = SubCommand(
    "doctor",
    "check brokers, topics, rights, groups, object store, clocks, and say what to do",
    add,
    run,
)
