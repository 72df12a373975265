"""Checks side by side, each bounded: one that hangs is told, and the others are not held up."""

import threading
import time
from collections.abc import Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import NamedTuple

from headway.base.errors import HeadwayError
from headway.base.words import message_of
from headway.desk.doctor.finding import Check, Finding, Level, listing, unknown, wrong
from headway.desk.doctor.patient import Patient
from headway.desk.doctor.troubles import finding_of
from headway.edges import kafka


class Told(NamedTuple):
    """A finding and the check that made it."""

    check: str
    finding: Finding


def examined(patient: Patient, first: Check, others: Sequence[Check]) -> Iterator[Told]:
    """What all checks find; where *first* finds no broker, none that needs one is tried."""
    reached = False
    for finding in _told(_begun(first, patient), patient, time.monotonic()):
        reached = reached or finding.level is Level.WELL
        yield _shown(first, patient, finding)
    if not reached:
        names = [check.name for check in others if check.asks_cluster]
        yield Told("others", unknown(listing(names), "no broker answers"))
    wanted = [one for one in others if reached or not one.asks_cluster]
    answers, began = [_begun(check, patient) for check in wanted], time.monotonic()
    for check, answer in zip(wanted, answers, strict=True):
        for finding in _told(answer, patient, began):
            yield _shown(check, patient, finding)


def _shown(check: Check, patient: Patient, finding: Finding) -> Told:
    level, *texts = finding
    return Told(check.name, Finding(level, *(patient.shown(text) for text in texts)))


def _begun(check: Check, patient: Patient) -> SimpleQueue[list[Finding]]:
    """Where what one check finds will be."""
    answers: SimpleQueue[list[Finding]] = SimpleQueue()
    # A daemon: a call that never comes back must not hold the exit up.
    look = threading.Thread(
        target=lambda: answers.put(_found(check, patient)), name=check.name, daemon=True
    )
    look.start()
    return answers


def _told(answers: SimpleQueue[list[Finding]], patient: Patient, began: float) -> list[Finding]:
    """What was found within the patience there is, since *began* (monotonic s)."""
    try:
        return answers.get(timeout=max(0.0, began + patient.patience - time.monotonic()))
    except Empty:
        words = f"no answer within {patient.patience:g} s"
        return [wrong("", words, "try again with a longer --patience; then look at the brokers")]


def _found(check: Check, patient: Patient) -> list[Finding]:
    """What it finds, with what it fails by as the last."""
    found: list[Finding] = []
    try:
        found.extend(check.look(patient))
    except kafka.KafkaException as error:
        found.append(finding_of(error))
    except HeadwayError as error:
        found.append(wrong("", message_of(error)))
    except Exception as error:  # noqa: BLE001 - a check that fails must not hide the others
        found.append(unknown("", f"{type(error).__name__}: {message_of(error)}"))
    return found
