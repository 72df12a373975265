"""Work that has a thread of its own for as long as a context lasts."""

import threading
from dataclasses import dataclass, field
from typing import ClassVar, Self


@dataclass(kw_only=True)
class Aside:
    """A context in whose thread `_run` works until `_stop` is set.

    The end of the context blocks for `_join_seconds` at most; a thread that is not through by then
    dies with the process.
    """

    _name: ClassVar[str]

    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(self._join_seconds())

    def _run(self) -> None:
        raise NotImplementedError

    def _join_seconds(self) -> float:
        raise NotImplementedError
