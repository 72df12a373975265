"""How a service's process is told to end, and that it does end.

SIGTERM and SIGINT are blocked before anything else is imported, so that every thread has them
blocked, those included that native libraries start at import (polars does). Otherwise the kernel
hands a signal to such a thread, and its default action ends the process with work in hand.
A thread of its own waits for them, and no other is ever interrupted: CPython's
`SimpleQueue.get(timeout)`, which a stage's loop waits in, may wait for ever when a signal comes
shortly before its time is over (seen in 3.11).

This module imports next to nothing: until it is imported, a signal simply ends the process.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NoReturn

#: Exit code of a process that did not end in time and was ended by its watchdog.
OVERDUE: Final = 3

_ENDING: Final = (signal.SIGTERM, signal.SIGINT)
#: What the watchdog's last words may take, e.g. on a stderr that nobody reads.
_LAST_WORDS_SECONDS: Final = 1.0


class Ending:
    """That the process shall end: `told` is set once a signal came and there is work in hand.

    Before `in_order` was called there is none, and a signal ends the process at once, with exit
    code 0, whatever the start waits for.
    """

    def __init__(self) -> None:
        self.told = threading.Event()
        self._lock = threading.Lock()
        self._within_seconds: float | None = None
        self._on_told: Callable[[], object] = self.told.set

    def in_order(
        self, *, within_seconds: float, on_told: Callable[[], object] | None = None
    ) -> None:
        """From now on a signal sets `told` and calls *on_told*, in a thread of its own.

        If the process has not ended *within_seconds* after that, it is ended with exit code
        `OVERDUE`, whatever hangs.
        """
        with self._lock:
            self._within_seconds = within_seconds
            self._on_told = on_told or self._on_told

    def wait(self) -> None:
        """Wait for a signal and do what it asks for; for the thread of the signals."""
        signal.sigwait(_ENDING)
        with self._lock:
            within_seconds = self._within_seconds
            if within_seconds is None:
                os._exit(0)
        self.told.set()
        # The kernel's own clock, for a process whose interpreter never comes to run this thread.
        signal.alarm(int(within_seconds + _LAST_WORDS_SECONDS) + 2)
        self._on_told()
        threading.Event().wait(within_seconds)
        words = threading.Thread(target=_tell_overdue, args=(within_seconds,), daemon=True)
        words.start()
        words.join(_LAST_WORDS_SECONDS)
        os._exit(OVERDUE)


def listen() -> Ending:
    """Block the signals and wait for them; for the main thread, before there are others."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    ending = Ending()
    threading.Thread(target=ending.wait, name="signals", daemon=True).start()
    return ending


def leave(code: int) -> NoReturn:
    """End the process without taking the interpreter down.

    Handlers and the client's threads may still be at work; with them the interpreter may abort
    or wait for ever on its way down.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(code)


def _tell_overdue(seconds: float) -> None:
    from headway.observing import log  # noqa: PLC0415 - heavy for the first import of a process

    log.tell_overdue(seconds)
