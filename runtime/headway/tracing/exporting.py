"""Spans on their way out: in batches, by a thread of the library's, which nobody ever waits for.

The library's queue is bounded (`OTEL_BSP_MAX_QUEUE_SIZE`): what does not fit is dropped, and what
a collector does not take is lost. Both are counted, and told some times a minute at most.
"""

import logging
import re
import threading
from collections.abc import Sequence
from typing import Final

from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from headway.base.clock import Clock, SystemClock
from headway.base.words import bounded
from headway.observing import metrics

logger = logging.getLogger(__name__)

_TOLD_EVERY_SECONDS: Final = 10.0
_MOST_DETAIL_CHARACTERS: Final = 500
#: Shows the headers it cannot parse, which may be a key of somebody's.
_TELLS_SECRETS: Final = "opentelemetry.util.re"
_TELLS_DROPS: Final = "opentelemetry.sdk._shared_internal"
_QUERY: Final = re.compile(r"\?[^\s)'\"]+")


def provider_of(
    exporters: Sequence[SpanExporter], *, service: str, instance: str
) -> TracerProvider:
    """Makes spans and hands them to *exporters*; sampler, limits and queues as OTEL_* say."""
    told = {
        "service.name": service,
        "service.namespace": "headway",
        "service.instance.id": instance,
    }
    # What the environment says of the service wins over what we know of it.
    resource = Resource.create(told | dict(OTELResourceDetector().detect().attributes))
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(_Ended())
    for exporter in exporters:
        provider.add_span_processor(BatchSpanProcessor(Counted(exporter)))
    return provider


def close(provider: TracerProvider, seconds: float) -> None:
    """Send what is left, for *seconds* at most; an exporter that hangs is left behind."""
    closing = threading.Thread(target=provider.shutdown, name="traces-closing", daemon=True)
    closing.start()
    closing.join(seconds)
    if closing.is_alive():
        logger.warning("traces.left_unsent", extra={"seconds": seconds})


class Counted(SpanExporter):
    """*exporter*, and what became of the spans that it was given."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._sent, self._lost = metrics.SPANS.labels("sent"), metrics.SPANS.labels("lost")

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = SpanExportResult.FAILURE
        try:
            result = self._exporter.export(spans)
        finally:
            count = self._sent if result is SpanExportResult.SUCCESS else self._lost
            count.inc(len(spans))
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()


class _Ended(SpanProcessor):
    """Counts every span that is to be sent: what is neither sent nor lost later was dropped."""

    def __init__(self) -> None:
        self._count = metrics.SPANS.labels("ended")

    def on_end(self, span: ReadableSpan) -> None:
        if span.context is not None and span.context.trace_flags.sampled:
            self._count.inc()


class Lines(logging.Handler):
    """What the library says, as one event of ours, once in a while; nothing of it is a secret."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(logging.WARNING)
        self._clock = clock
        self._next_at = float("-inf")
        self._left_out = 0

    def emit(self, record: logging.LogRecord) -> None:
        now = self._clock.monotonic()
        if now < self._next_at:
            self._left_out += 1
            return
        self._next_at = now + _TOLD_EVERY_SECONDS
        said = record.msg if record.name == _TELLS_SECRETS else record.getMessage()
        detail = bounded(_QUERY.sub("?...", str(said)), _MOST_DETAIL_CHARACTERS)
        extra = {"detail": detail, "left_out": self._left_out}
        self._left_out = 0
        logger.warning("traces.trouble", extra=extra)


def told_by_us() -> None:
    """From now on the library writes no lines of its own."""
    # A span that a full queue drops is counted; a line for each would cost more than the span.
    logging.getLogger(_TELLS_DROPS).setLevel(logging.ERROR)
    library = logging.getLogger("opentelemetry")
    library.handlers, library.propagate = [Lines(SystemClock())], False
