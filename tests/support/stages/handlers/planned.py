"""Handlers that fail by a plan which outlives their process: `plan:p1=transient*2;p2=permanent,ok`.

Behind `plan:` is said what the handler of each stage does, attempt by attempt; the last goes for
all attempts above, a stage that is not named does well. `*2`: so in the first two calls of the
attempt, then well. Calls are counted by files in PLAN_CALLS, so a process that is killed takes no
count with it; a call that was cut off counts. Behind a dot is what the verb is given: `sleep.0.5`.
"""

import os
import signal
from pathlib import Path
from typing import Final

from support.stages.handlers.verbs import VERBS, Call, Verb

from headway.base.errors import TransientError
from headway.declared.handler import Done

_WELL: Final = "ok"


def planned(call: Call) -> Done:
    """Do what the plan says of this call."""
    _, attempt, stage = call.context.idempotency_key.rsplit("/", 2)
    told, _, times = script_of(call.rest, stage, int(attempt)).partition("*")
    if times and count(call.context.idempotency_key) > int(times):
        told = _WELL
    verb, _, rest = told.partition(".")
    return _VERBS[verb](Call(rest, call.payload, call.context))


def script_of(plan: str, stage: str, attempt: int) -> str:
    """What *plan* has for that attempt in that stage."""
    stages = dict(part.split("=") for part in plan.split(";") if part)
    scripts = stages.get(stage, _WELL).split(",")
    return scripts[min(attempt, len(scripts)) - 1]


def count(key: str) -> int:
    """The number of this call of all that were ever made under *key*, counted from 1."""
    path = Path(os.environ["PLAN_CALLS"]) / key.replace("/", "~")
    counter = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    try:
        os.write(counter, b".")
        return os.fstat(counter).st_size
    finally:
        os.close(counter)


def _transient(_: Call) -> Done:
    raise TransientError("it may pass")


def _stubborn(call: Call) -> Done:
    """Blocks every signal that can be blocked, and then its whole process."""
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    return VERBS["bury"](call)


_VERBS: Final[dict[str, Verb]] = {**VERBS, "transient": _transient, "stubborn": _stubborn}
