"""Spans by the OpenTelemetry SDK. Imported only where traces are switched on."""

import logging
from contextlib import AbstractContextManager
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import TraceFlags, TraceState

from headway.tracing.context import TraceContext
from headway.tracing.spans import Attributes, Kind, Span, Spans

logger = logging.getLogger(__name__)

_NOWHERE: Final = Context()
#: As every sampler `parentbased_...` describes itself, the default one among them.
_FOLLOWS: Final = "remoteParentNotSampled:AlwaysOffSampler"
_KINDS: Final = {kind: trace.SpanKind[kind.value] for kind in Kind}


class SdkSpan(Span):
    """A span of the SDK, which records it or does not."""

    __slots__ = ("_span",)

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    @property
    def context(self) -> TraceContext:
        return _ours(self._span.get_span_context())

    @property
    def recording(self) -> bool:
        return self._span.is_recording()

    def current(self) -> AbstractContextManager[object]:
        span = self._span
        return trace.use_span(span, record_exception=False, set_status_on_exception=False)

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def tell(self, attributes: Attributes) -> None:
        self._span.set_attributes(attributes)

    def note(self, name: str, attributes: Attributes) -> None:
        self._span.add_event(name, attributes)

    def fail(self, error_type: str, message: str = "") -> None:
        self._span.set_attribute("error.type", error_type)
        self._span.set_status(trace.StatusCode.ERROR, message or None)

    def end(self) -> None:
        try:
            self._span.end()
        except Exception:  # of whoever takes the spans: costs this one, not its job
            logger.exception("span.failed")


class SdkSpans(Spans):
    """Begins spans by *provider*."""

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer = provider.get_tracer("headway")
        self._follows = _FOLLOWS in provider.sampler.get_description()

    def start(
        self, name: str, kind: Kind, parent: TraceContext | None, attributes: Attributes
    ) -> SdkSpan:
        # Never what happens to be current: a thread of the loop begins spans of many jobs.
        context = _NOWHERE if parent is None else _theirs(parent)
        try:
            return SdkSpan(self._tracer.start_span(name, context, _KINDS[kind], attributes))
        except Exception:  # a sampler may be anybody's: what it raises costs a span, not a job
            logger.exception("span.failed")
            return SdkSpan(trace.get_current_span(context))

    def declines(self, parent: TraceContext) -> bool:
        return self._follows and not parent.sampled

    def active(self) -> TraceContext | None:
        context = trace.get_current_span().get_span_context()
        return _ours(context) if context.is_valid else None


def _ours(context: trace.SpanContext) -> TraceContext:
    state = context.trace_state.to_header() if context.trace_state else ""
    flags, remote = context.trace_flags, context.is_remote
    return TraceContext(context.trace_id, context.span_id, flags, state, remote)


def _theirs(context: TraceContext) -> Context:
    remote = trace.SpanContext(
        context.trace_id,
        context.span_id,
        is_remote=context.remote,
        trace_flags=TraceFlags(context.flags),
        trace_state=TraceState.from_header([context.state]) if context.state else None,
    )
    return trace.set_span_in_context(trace.NonRecordingSpan(remote), _NOWHERE)


def serve_handlers(provider: TracerProvider) -> None:
    """Spans of handlers in threads of this process go the same way, inside that of their call."""
    trace.set_tracer_provider(provider)
