"""The trace of one record on its way through a stage: received, processed, committed.

    receive   taken from the topic, until a thread has it
    process   the calls of its handler, however often it is called in place
    commit    from its outcome to the frame that makes that visible

Each is the child of the one before, and what a frame makes visible goes on from its commit. A span
of what came to nothing (the partition went to another instance, the frame was lost) never ends, so
it is never told: a `process` without `commit` is work that did not count.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from headway.base.errors import Abandoned, Cancelled
from headway.base.words import bounded, class_name, message_of
from headway.edges.kafka import Headers, Message
from headway.edges.messages import headers_of
from headway.tracing.context import TraceContext, beside, extract, inject
from headway.tracing.spans import Attributes, Kind, Span, Spans

#: Of a key, which is a job_id if it is well-formed, and of what an error says.
_MOST_KEY_CHARACTERS: Final = 128
_MOST_ERROR_CHARACTERS: Final = 1000


class JobTrace:
    """Nobody records it: its context is handed on as it came, and that is all."""

    __slots__ = ("_context",)

    def __init__(self, context: TraceContext) -> None:
        self._context = context

    @property
    def headers(self) -> Headers:
        """For a new record that comes of this one."""
        return inject(self._context)

    @property
    def beside(self) -> Headers:
        """For this record, kept as it came."""
        return []

    def settled(self) -> None:
        """It has an outcome, which goes into the next frame."""

    def aborted(self) -> None:
        """That frame was aborted; another will be said."""

    def committed(self, outcome: str, tasks: int) -> None:
        """The *outcome* is visible, by a frame of so many tasks."""


class RecordedTrace(JobTrace):
    """Somebody does. Written by the loop, then by one worker, then by the loop again."""

    __slots__ = ("_aborted", "_attributes", "_commit", "_process", "_receive", "_spans")

    def __init__(self, spans: Spans, receive: Span, attributes: dict[str, str | int]) -> None:
        super().__init__(receive.context)
        self._spans = spans
        self._receive: Span | None = receive
        self._attributes = attributes
        self._process: Span | None = None
        self._commit: Span | None = None
        self._aborted = 0

    @property
    def beside(self) -> Headers:
        return beside(self._context)

    @contextmanager
    def processing(self, attributes: Attributes) -> Iterator[None]:
        """The calls of the handler; for the worker."""
        span = self.begin(attributes)
        try:
            with span.current():
                yield
        except BaseException as error:
            self.end(error)
            raise
        else:
            self.end()

    def begin(self, attributes: Attributes) -> Span:
        """The same where other jobs have theirs in the same calls: until `end`."""
        self._received()
        self._attributes |= attributes
        self._process = self._start("process", "process", Kind.CONSUMER)
        return self._process

    def end(self, error: BaseException | None = None) -> None:
        """The last of the calls is over, by *error* if it failed."""
        span = self._process
        if span is None:
            return
        if error is not None and not isinstance(error, Abandoned | Cancelled):
            span.fail(class_name(error), bounded(message_of(error), _MOST_ERROR_CHARACTERS))
        span.end()
        self._context = span.context

    def call_failed(self, error: BaseException) -> None:
        """One of them has raised *error*."""
        if self._process is not None:
            message = bounded(message_of(error), _MOST_ERROR_CHARACTERS)
            told = {"exception.type": class_name(error), "exception.message": message}
            self._process.note("exception", told)

    def settled(self) -> None:
        self._received()
        self._commit = self._start("commit", "settle", Kind.CLIENT)
        self._context = self._commit.context

    def aborted(self) -> None:
        self._aborted += 1

    def committed(self, outcome: str, tasks: int) -> None:
        if self._commit is not None:
            told: dict[str, str | int] = {"headway.outcome": outcome, "headway.frame.tasks": tasks}
            if self._aborted:
                told["headway.frame.aborted"] = self._aborted
            self._commit.tell(told)
            self._commit.end()

    def _received(self) -> None:
        if self._receive is not None:
            self._receive.end()
            self._receive = None

    def _start(self, operation: str, kind_of_operation: str, kind: Kind) -> Span:
        name = f"{operation} {self._attributes['messaging.destination.name']}"
        told = self._attributes | _operation(operation, kind_of_operation)
        return self._spans.start(name, kind, self._context, told)


class Traces:
    """Begins the traces of records as a stage takes them; for the loop's thread.

    A record without a context begins one in *opening*, the topic where jobs begin, and nowhere
    else: in any other, it is a record of a job that nobody sampled.
    """

    def __init__(self, spans: Spans, *, stage: str, group: str, opening: str | None) -> None:
        self._spans = spans
        self._opening = opening
        self._fixed: dict[str, str | int] = {
            "messaging.system": "kafka",
            "messaging.consumer.group.name": group,
            "headway.stage": stage,
        }

    def taken(self, message: Message) -> JobTrace | None:
        """The trace of *message*; None if there is nothing to record or to hand on."""
        topic, parent = message.topic() or "", extract(headers_of(message))
        if parent is None:
            if topic != self._opening:
                return None
        elif self._spans.declines(parent):
            return JobTrace(parent)
        attributes: dict[str, Any] = self._fixed | {
            "messaging.destination.name": topic,
            "messaging.destination.partition.id": str(message.partition()),
            "messaging.kafka.offset": message.offset() or 0,
        }
        if key := message.key():
            job_id = key[:_MOST_KEY_CHARACTERS].decode("ascii", "replace")
            attributes["headway.job_id"] = job_id
        told = attributes | _operation("receive", "receive")
        span = self._spans.start(f"receive {topic}", Kind.CLIENT, parent, told)
        if span.recording:
            return RecordedTrace(self._spans, span, attributes)
        return None if parent is None else JobTrace(parent)


def _operation(name: str, kind: str) -> dict[str, str | int]:
    return {"messaging.operation.name": name, "messaging.operation.type": kind}
