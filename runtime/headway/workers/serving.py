"""A worker process at work: the handler made from the plan, jobs in, reports and answers out."""

import importlib
import os
import pickle
import threading
from multiprocessing.connection import Connection
from typing import Final, TypeAlias

from headway.base.clock import Clock, SystemClock
from headway.base.words import MOST_NOTE_CHARACTERS, bounded, class_name
from headway.declared.handler import Done, Handler, Job
from headway.observing import log
from headway.workers.plan import Plan
from headway.workers.wire import Answer, Raised, Ready, Report, packed

Channel: TypeAlias = "Connection[bytes, bytes]"

#: Between two reports that are sent; of those in between the newest goes out.
_REPORT_SECONDS: Final = 0.05


def serve(channel: Channel) -> None:
    """Make the handler, say that it is there, do jobs until the channel is closed."""
    plan: Plan = pickle.loads(channel.recv_bytes())  # noqa: S301 - from the stage that started us
    log.configure(plan.stage, plan.settings.log_level)
    try:
        handler = made(plan)
    except BaseException as error:  # noqa: BLE001 - told to the stage, which decides
        channel.send_bytes(packed(Raised.of(error)))
        return
    outlet = _Outlet(channel, SystemClock())
    outlet.answer(Ready())
    while True:
        try:
            job, key = pickle.loads(channel.recv_bytes())  # noqa: S301 - as above
        except EOFError:
            os._exit(0)
        outlet.answer(_called(handler, Job(*job), _Context(outlet, key)))


def made(plan: Plan) -> Handler:
    """The handler of *plan*, in this process; raises whatever its making does."""
    module, _, name = plan.reference.partition(":")
    handler: Handler = getattr(importlib.import_module(module), name)(plan.settings)
    return handler


def _called(handler: Handler, job: Job, context: "_Context") -> Answer:
    try:
        done = handler(job, context)
    except BaseException as error:  # noqa: BLE001 - a handler raises anything, exits included
        return Raised.of(error)
    if not isinstance(done, Done):
        return Raised.of(TypeError(f"the handler returned {class_name(done)} instead of Done"))
    return done


class _Outlet:
    """The one way out; of reports that come too fast the newest goes out a little later."""

    def __init__(self, channel: Channel, clock: Clock) -> None:
        self._channel = channel
        self._clock = clock
        self._lock = threading.Lock()
        self._next_at = 0.0
        self._newest: Report | None = None
        self._any = threading.Event()
        threading.Thread(target=self._send_late, name="reports", daemon=True).start()

    def report(self, report: Report) -> None:
        self._newest = report
        if self._clock.monotonic() >= self._next_at:
            self._send_newest()
        else:
            self._any.set()

    def answer(self, answer: Answer) -> None:
        data = packed(answer)
        with self._lock:
            self._newest = None
            self._channel.send_bytes(data)

    def _send_newest(self) -> None:
        with self._lock:
            newest, self._newest = self._newest, None
            if newest is not None:
                self._next_at = self._clock.monotonic() + _REPORT_SECONDS
                self._channel.send_bytes(packed(newest))

    def _send_late(self) -> None:
        pause = threading.Event()
        while self._any.wait():
            self._any.clear()
            pause.wait(_REPORT_SECONDS)
            self._send_newest()


class _Context:
    """What a handler sees of its job; it never raises Abandoned: the process is ended instead."""

    __slots__ = ("_key", "_outlet")

    def __init__(self, outlet: _Outlet, key: str) -> None:
        self._outlet = outlet
        self._key = key

    @property
    def idempotency_key(self) -> str:
        return self._key

    def report(self, fraction: float, note: str = "") -> None:
        self._outlet.report(Report(float(fraction), bounded(note, MOST_NOTE_CHARACTERS)))

    def check(self) -> None:
        """Nothing to look at: a job that is not ours any more ends with its process."""
