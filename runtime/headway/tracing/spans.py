"""Spans as the house knows them; who makes them knows the library, and nobody else does."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from enum import Enum
from typing import Protocol, TypeAlias

from headway.tracing.context import TraceContext

Attributes: TypeAlias = Mapping[str, str | int]


class Kind(Enum):
    """What a span is of, by the names of OpenTelemetry."""

    SERVER = "SERVER"
    CLIENT = "CLIENT"
    PRODUCER = "PRODUCER"
    CONSUMER = "CONSUMER"


class Span(Protocol):
    """Something that takes time. One that never ends is never told: nothing came of it."""

    @property
    def context(self) -> TraceContext: ...

    @property
    def recording(self) -> bool:
        """Whether it is sampled; if not, only its context is of use."""
        ...

    def current(self) -> AbstractContextManager[object]:
        """What this thread or task begins inside belongs to it."""
        ...

    def rename(self, name: str) -> None: ...
    def tell(self, attributes: Attributes) -> None: ...
    def note(self, name: str, attributes: Attributes) -> None:
        """Something that happened just now."""
        ...

    def fail(self, error_type: str, message: str = "") -> None:
        """It did not come to what it was begun for."""
        ...

    def end(self) -> None: ...


class Spans(Protocol):
    """Begins spans; for any thread, never blocks."""

    def start(
        self, name: str, kind: Kind, parent: TraceContext | None, attributes: Attributes
    ) -> Span:
        """A span that begins now; without *parent* the first of a new trace."""
        ...

    def declines(self, parent: TraceContext) -> bool:
        """Whether no child of *parent* is ever recorded: known without beginning one."""
        ...

    def active(self) -> TraceContext | None:
        """That of the span which is current in this thread or task."""
        ...
