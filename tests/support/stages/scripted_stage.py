"""A stage whose handler does what titles say: `python -m support.stages.scripted_stage p1`.

Titles: a verb of `handlers.verbs` with what follows its colon (`sleep:0.5`, `exit:137`), or
`transient:<failures>` (that many, then success), or `plan:`, see `handlers.planned`. Any other
title is `ok`. `p2:` before a title keeps it for that stage alone.

BATCH=<size>:<seconds> hands all jobs over together, up to so many, waiting for so long; with
`:released` behind it, those alone that a window let go.

ISOLATED=1 runs the handler in worker processes.

STOP_BEFORE=<begin|send_offsets|commit> makes the process stop itself (SIGSTOP) just before that
step of the first frame that carries a finished job: a stall at the worst of moments.
"""

import os
import signal
import sys
import threading
from typing import Any

from support.kafka.payloads import payload_of
from support.stages.handlers.scripted import REFERENCE, Part, Script
from support.stages.handlers.together import Together

from headway.base.errors import StoreUnavailable
from headway.declared.dependency import Dependency
from headway.declared.handler import Handler, ManyHandler
from headway.declared.pipeline import Pipeline
from headway.declared.retry import RetryPolicy
from headway.declared.stage import Batch, Stage, StageSettings
from headway.edges import kafka
from headway.running import lifecycle
from headway.workers.processes import in_processes

_QUICK = RetryPolicy(calls=3, first_seconds=0.02, longest_seconds=0.1)
_STORE = Dependency(
    "object store", (StoreUnavailable,), failures=2, open_seconds=0.2, longest_open_seconds=1
)
_SINKS = tuple(stage.sink for stage in Pipeline.load().stages)
_STEPS = {
    "begin": "begin_transaction",
    "send_offsets": "send_offsets_to_transaction",
    "commit": "commit_transaction",
}


class _StallingProducer:
    """Passes everything on to a real producer, but stops the process before one step once."""

    _spent = False

    def __init__(self, real: kafka.Producer, step: str) -> None:
        self._real = real
        self._step = _STEPS[step]
        self._armed = False

    def __getattr__(self, name: str) -> Any:
        if name == "produce_batch":
            return self._produce_batch
        if self._armed and name == self._step:
            self._armed = False
            # To this very thread: sent to the process, another one may take the signal, and this
            # one is through with its call before all stand still.
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
        return getattr(self._real, name)

    def _produce_batch(self, topic: str, messages: list[dict[str, Any]], **more: Any) -> int:
        if topic.endswith(_SINKS) and not self._spent:
            self._armed = _StallingProducer._spent = True
        return self._real.produce_batch(topic, messages, **more)


def main() -> None:
    """Run the scripted stage named on the command line."""
    name = sys.argv[1]
    step = os.environ.get("STOP_BEFORE")
    if step:
        make = kafka.producer
        kafka.producer = lambda options, **more: (  # type: ignore[assignment]  # a stand-in that stalls
            _StallingProducer(make(options, **more), step)
            if "transactional_id" in more
            else make(options, **more)
        )
    lifecycle.run(StageSettings, lambda settings: _stage(name, settings))


def part_of(name: str) -> Part:
    """The part of the stage of that name."""
    return Part(name, [stage.name for stage in Pipeline.load().stages], payload_of(name))


def _stage(name: str, settings: StageSettings) -> Stage:
    part = part_of(name)
    handler: Handler = Script(part)
    if os.environ.get("ISOLATED"):
        part.hand_down()
        handler = in_processes(REFERENCE, settings, stage=name)
    return Stage(name, handler, _QUICK, (_STORE,), *_together(handler))


def _together(handler: Handler) -> tuple[()] | tuple[ManyHandler, Batch]:
    told = os.environ.get("BATCH")
    if not told:
        return ()
    size, seconds, *released = told.split(":")
    return Together(handler), Batch(int(size), float(seconds), all=not released)


if __name__ == "__main__":
    main()
