"""Spans that are kept in this process, as the SDK has finished them."""

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased, Sampler
from support.tracing.memory import Finished

from headway.tracing.sdk import SdkSpans


@pytest.fixture
def sampler() -> Sampler:
    """Everything, but what whoever began it does not sample; a test may have another."""
    return ParentBased(ALWAYS_ON)


@pytest.fixture
def finished() -> Finished:
    return Finished(InMemorySpanExporter())


@pytest.fixture
def spans(finished: Finished, sampler: Sampler) -> SdkSpans:
    """Begins spans that `finished` shows once they have ended."""
    provider = TracerProvider(sampler, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(finished.exporter))
    return SdkSpans(provider)
