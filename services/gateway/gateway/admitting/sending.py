"""The span of one record that is sent, and the context it gives the record to carry."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from headway.base.words import class_name, message_of
from headway.edges.kafka import Headers
from headway.tracing.context import inject
from headway.tracing.spans import Kind, Span, Spans


class Sending(NamedTuple):
    """A record under way: *headers* go with it; *span* is told where it lies."""

    headers: Headers
    span: Span | None

    def arrived(self, partition: int, offset: int) -> None:
        if self.span is not None:
            place = {"messaging.destination.partition.id": str(partition)}
            self.span.tell(place | {"messaging.kafka.offset": offset})


@contextmanager
def sending(spans: Spans | None, topic: str, job_id: str) -> Iterator[Sending]:
    """The sending of a record of *job_id* to *topic*; without *spans* nothing goes with it."""
    if spans is None:
        yield Sending([], None)
        return
    told = {
        "messaging.system": "kafka",
        "messaging.destination.name": topic,
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "headway.job_id": job_id,
    }
    span = spans.start(f"send {topic}", Kind.PRODUCER, spans.active(), told)
    try:
        yield Sending(inject(span.context), span)
    except Exception as error:
        span.fail(class_name(error), message_of(error))
        raise
    finally:
        span.end()
