"""What a scripted handler can be told to do: well, badly, and as badly as a handler can.

A verb is a function of the call, named as the title begins: `exit:137` is `_exit` with `137`.
Each is as hostile as it says, whatever runs it: some end the process that they run in.
"""

import ctypes
import os
import re
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from headway.base.errors import PermanentError, StoreUnavailable, TransientError
from headway.declared.handler import Context, Done, ResultFile

#: Outlasts the pause between two samples of progress, so that what was reported is taken.
_SAMPLED_SECONDS: Final = 0.6


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the handler: what is behind the verb, and the payload of a good result."""

    rest: str
    payload: dict[str, Any]
    context: Context

    def done(self) -> Done:
        return Done(self.payload)

    def noted(self, fraction: float, note: str) -> Done:
        self.context.report(fraction, note)
        time.sleep(_SAMPLED_SECONDS)
        return self.done()


Verb = Callable[[Call], Done]


class SpoilError(Exception):
    """What a job raises that spoils the call it is in, for all others of it."""


class _Unruly(BaseException):
    """What no `except Exception` catches."""


class _NoWords(Exception):  # noqa: N818 - it has no words, that is its point
    """An exception that cannot be told."""

    def __str__(self) -> str:
        raise RuntimeError("no words")

    __repr__ = __str__


class _Unpicklable(Exception):  # noqa: N818 - see _NoWords
    """An exception that holds what cannot leave its process."""

    def __init__(self) -> None:
        super().__init__(lambda: None)


def _ok(call: Call) -> Done:
    return call.done()


def _sleep(call: Call) -> Done:
    time.sleep(float(call.rest))
    return call.done()


def _away(call: Call) -> Done:
    """The object store is away while that file exists; `$INSTANCE_ID` in its name as below."""
    if Path(os.path.expandvars(call.rest)).exists():
        raise StoreUnavailable("the store does not answer")
    return call.done()


def _unless(call: Call) -> Done:
    """Fails, as what may pass, unless that file exists."""
    if not Path(call.rest).exists():
        raise TransientError("what it needs is not there")
    return call.done()


def _hold(call: Call) -> Done:
    """Until that file exists; `$INSTANCE_ID` in its name is the one of this instance."""
    gate = Path(os.path.expandvars(call.rest))
    while not gate.exists():
        time.sleep(0.02)
    return call.done()


def _spin(_: Call) -> Done:
    while True:
        pass


def _bury(call: Call) -> Done:
    """Does not return either, and lets no other thread of its process run."""
    re.match("(a*)*b", "a" * 64)
    return call.done()


def _permanent(call: Call) -> Done:
    raise PermanentError(call.rest)


def _spoil(call: Call) -> Done:
    raise SpoilError(call.rest)


def _bug(_: Call) -> Done:
    raise LookupError("nobody expected this")


def _recursion(call: Call) -> Done:
    return _recursion(call)


def _baseexc(_: Call) -> Done:
    raise _Unruly("no exception")


def _systemexit(_: Call) -> Done:
    raise SystemExit(3)


def _badstr(_: Call) -> Done:
    raise _NoWords


def _unpicklable(_: Call) -> Done:
    raise _Unpicklable


def _surrogate(_: Call) -> Done:
    raise PermanentError("half a pair: \ud800")


def _bignoteexc(call: Call) -> Done:
    raise PermanentError("x" * int(call.rest))


def _exit(call: Call) -> Done:
    os._exit(int(call.rest))


def _segv(call: Call) -> Done:
    ctypes.string_at(0)
    return call.done()


def _killself(call: Call) -> Done:
    os.kill(os.getpid(), signal.SIGKILL)
    return call.done()


def _killunless(call: Call) -> Done:
    return call.done() if Path(call.rest).exists() else _killself(call)


def _alloc(call: Call) -> Done:
    taken = [b"x" * 1_000_000 for _ in range(int(call.rest))]
    time.sleep(_SAMPLED_SECONDS)
    taken.clear()
    return call.done()


def _badnote(call: Call) -> Done:
    return call.noted(0.5, cast("str", None))


def _surrogatenote(call: Call) -> Done:
    return call.noted(0.5, "half a pair: \ud800")


def _bignote(call: Call) -> Done:
    return call.noted(0.5, "n" * int(call.rest))


def _badfraction(call: Call) -> Done:
    return call.noted(float(call.rest), "how far is that?")


def _badresult(call: Call) -> Done:
    """`none`, `text`, `empty` (fields missing), `types` (wrong ones), `files` or `surrogate`."""
    key = next(iter(call.payload))
    results: dict[str, Any] = {
        "text": "done",
        "empty": Done({}),
        "types": Done({**call.payload, key: object}),
        "files": Done(call.payload, result=cast("tuple[ResultFile, ...]", (None,))),
        "surrogate": Done({**call.payload, key: "half a pair: \ud800"}),
    }
    return cast("Done", results.get(call.rest))


def _huge(call: Call) -> Done:
    return Done({**call.payload, "profile": {"key": "k" * 1_100_000, "size_bytes": 1}})


def _hugefiles(call: Call) -> Done:
    files = (ResultFile(f"{at}.txt", "text/plain", f"jobs/{at}", 1) for at in range(int(call.rest)))
    return Done(call.payload, result=tuple(files))


VERBS: Final[dict[str, Verb]] = {
    verb.__name__.removeprefix("_"): verb
    for verb in (
        _ok,
        _sleep,
        _away,
        _unless,
        _hold,
        _spin,
        _bury,
        _permanent,
        _spoil,
        _bug,
        _recursion,
        _baseexc,
        _systemexit,
        _badstr,
        _unpicklable,
        _surrogate,
        _bignoteexc,
        _exit,
        _segv,
        _killself,
        _killunless,
        _alloc,
        _badnote,
        _surrogatenote,
        _bignote,
        _badfraction,
        _badresult,
        _huge,
        _hugefiles,
    )
}
