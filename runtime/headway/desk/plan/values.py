"""Loads as people give them on a command line: `500/s`, `p1=40ms:0.5`, `p99=2s`."""

import re
from argparse import ArgumentTypeError
from typing import Final

from headway.declared.backoff import seconds
from headway.planning.goal import Goal
from headway.planning.load import StageLoad

_PER: Final = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}
_RATE: Final = re.compile(r"(?P<count>[\d_,]*\d(\.\d+)?) ?/ ?(?P<unit>s|min|h|d)")
_STAGE: Final = re.compile(r"(?P<name>[a-z][a-z0-9-]*)=(?P<mean>[^:]+)(:(?P<cv>\d+(\.\d+)?))?")
_GOAL: Final = re.compile(r"p(?P<percent>\d+(\.\d+)?)=(?P<time>.+)")
_FOR_ONE: Final = re.compile(r"((?P<name>[a-z][a-z0-9-]*)=)?(?P<number>\d+(\.\d+)?)")
_SIZE: Final = re.compile(r"(?P<count>\d+(\.\d+)?) ?(?P<unit>B|kB|MB|GB)")
_SIZES: Final = {"B": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9}


def rate(text: str) -> float:
    """Jobs a second."""
    found = _RATE.fullmatch(text)
    number = float(re.sub("[_,]", "", found["count"])) if found else 0.0
    if found is None or not number:
        raise ArgumentTypeError(f"{text!r} is no rate: say 500/s, 3000/min or 10_000_000/h")
    return number / _PER[found["unit"]]


def stage(text: str) -> StageLoad:
    """A stage by its name, the mean of its handler's times, and their spread if it is known."""
    found = _STAGE.fullmatch(text)
    if found is None:
        raise ArgumentTypeError(f"{text!r} is no stage: say p1=40ms, or p1=40ms:0.5")
    mean = duration(found["mean"])
    if not mean:
        raise ArgumentTypeError(f"{text!r}: a handler takes some time")
    return StageLoad(found["name"], mean, cv=float(found["cv"] or 1))


def duration(text: str) -> float:
    """Seconds."""
    try:
        return seconds(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error).replace("5 s", "40ms, 5s")) from None


def goal(text: str) -> Goal:
    """A share of the jobs, and the time they are to take at most."""
    found = _GOAL.fullmatch(text)
    percent = float(found["percent"]) if found else 0.0
    if found is None or not 0 < percent < 100:  # noqa: PLR2004 - a percentage
        raise ArgumentTypeError(f"{text!r} is no goal: say p99=2s")
    return Goal(percent / 100, duration(found["time"]))


def for_one(text: str) -> tuple[str, float]:
    """A number for the stage that is named, or for all: then the name is empty."""
    found = _FOR_ONE.fullmatch(text)
    number = float(found["number"]) if found else 0.0
    if found is None or not number:
        raise ArgumentTypeError(f"{text!r} is neither a number above 0 nor p1=4")
    return found["name"] or "", number


def size(text: str) -> float:
    """Bytes."""
    found = _SIZE.fullmatch(text)
    if found is None:
        raise ArgumentTypeError(f"{text!r} is no size: say 1500B, 2kB or 50MB")
    return float(found["count"]) * _SIZES[found["unit"]]
