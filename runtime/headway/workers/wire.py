"""What crosses the border between a stage and a worker process.

The stage reads plain values only, so nothing a worker sends makes it import or run anything. An
error crosses as words; its class is known again where it is one of `base.errors` or made from
one, since that class decides what becomes of the job.
"""

import io
import pickle
from dataclasses import dataclass
from typing import Any, Final

from headway.base import errors
from headway.base.errors import PermanentError
from headway.base.words import class_name, message_of, trace_of
from headway.declared.handler import Done, ResultFile

#: A result goes into a record of 1 MB; what is larger by far is not even read.
MOST_RESULT_BYTES: Final = 8 * 1024 * 1024
_MOST_TRACE_CHARACTERS: Final = 16_000
#: What a decoded record's logical types are made of.
_PLAIN_MODULES: Final = ("datetime", "decimal", "uuid")


@dataclass(frozen=True, slots=True)
class Ready:
    """The handler is made."""


@dataclass(frozen=True, slots=True)
class Report:
    """How far a job is."""

    fraction: float
    note: str


@dataclass(frozen=True, slots=True)
class Raised:
    """What a handler raised, in words; `base` is the class of `base.errors` nearest to it."""

    base: str
    name: str
    message: str
    trace: str

    @staticmethod
    def of(error: BaseException) -> "Raised":
        """Never raises, whatever *error* is."""
        known = (cls for cls in type(error).__mro__ if cls.__module__ == errors.__name__)
        base = next((cls.__name__ for cls in known), "")
        return Raised(
            base, class_name(error), message_of(error), trace_of(error, _MOST_TRACE_CHARACTERS)
        )

    def error(self) -> BaseException:
        """An error of the same name, message and fate, with the trace as a note."""
        base: type[BaseException] = getattr(errors, self.base, Exception)
        if base.__name__ == self.name:
            error = base(self.message)
        else:
            name = self.name if self.name.isidentifier() else "UnnamedError"
            error = type(name, (base,), {"__module__": __name__})(self.message)
        error.add_note(self.trace)
        return error


Answer = Ready | Report | Done | Raised


def packed(answer: Answer) -> bytes:
    """*answer* as bytes that `unpacked` takes; a result that does not fit becomes its error."""
    try:
        data = pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)
        unfit = _unfit(data) if isinstance(answer, Done) else None
    except BaseException as error:  # noqa: BLE001 - the values are the handler's
        unfit = message_of(error)
    if unfit is None:
        return data
    told = PermanentError(f"the result does not fit into a record: {unfit}")
    return pickle.dumps(Raised.of(told), pickle.HIGHEST_PROTOCOL)


def unpacked(data: bytes) -> Answer:
    """The answer that *data* holds.

    Raises:
        pickle.UnpicklingError: it holds more than plain values.
    """
    answer = _Plain(io.BytesIO(data)).load()
    if not isinstance(answer, Answer):
        raise pickle.UnpicklingError(f"{class_name(answer)} is no answer")
    return answer


class _Plain(pickle.Unpickler):  # noqa: S301 - what it finds is a closed list
    """Knows the answers and what records are made of, no other class."""

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        ours = {cls.__name__: cls for cls in (Ready, Report, Raised, Done, ResultFile)}
        if global_name in ours and module_name == ours[global_name].__module__:
            return ours[global_name]
        if module_name in _PLAIN_MODULES:
            return super().find_class(module_name, global_name)
        raise pickle.UnpicklingError(f"a record holds no {module_name}.{global_name}")


def _unfit(data: bytes) -> str | None:
    if len(data) > MOST_RESULT_BYTES:
        return f"it takes {len(data):,} bytes; large data belongs in the object store"
    unpacked(data)
    return None
