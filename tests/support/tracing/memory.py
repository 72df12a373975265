"""Spans that have ended, kept in this process."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased, Sampler

from headway.tracing.sdk import SdkSpans

#: Everything, but what whoever began it does not sample.
USUAL: Sampler = ParentBased(ALWAYS_ON)


@dataclass
class Finished:
    """Looks at what an exporter was given."""

    exporter: InMemorySpanExporter

    @property
    def spans(self) -> list[ReadableSpan]:
        return sorted(self.exporter.get_finished_spans(), key=lambda span: span.start_time or 0)

    @property
    def names(self) -> list[str]:
        return [span.name for span in self.spans]

    def of(self, job_id: str) -> list[ReadableSpan]:
        """Those of a job, as they began."""
        return [span for span in self.spans if told(span).get("headway.job_id") == job_id]

    def outcomes(self, job_id: str) -> list[Any]:
        """What was committed of a job."""
        return [told(s)["headway.outcome"] for s in self.of(job_id) if "headway.outcome" in told(s)]


def remembering(sampler: Sampler = USUAL) -> tuple[SdkSpans, Finished]:
    """What begins spans, and what shows them once they have ended."""
    provider, finished = TracerProvider(sampler, shutdown_on_exit=False), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(finished))
    return SdkSpans(provider), Finished(finished)


def told(span: ReadableSpan) -> Mapping[str, Any]:
    return span.attributes or {}


def ids(span: ReadableSpan) -> tuple[int, int]:
    """The trace and the span."""
    assert span.context is not None
    return span.context.trace_id, span.context.span_id


def parent(span: ReadableSpan) -> int:
    """The span it was begun for; 0 if it is the first of its trace."""
    return span.parent.span_id if span.parent else 0
