"""A collector of traces: OTLP over HTTP as the exporter speaks it, read by its own schema."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1 import trace_pb2
from support.waiting import wait_until


class Seen(NamedTuple):
    """A span as it was sent."""

    service: str
    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    attributes: Mapping[str, Any]
    events: tuple[str, ...]
    failed: bool
    began: int
    ended: int


class Collector:
    """Takes spans until it closes; *hold*: it takes connections and never answers."""

    def __init__(self, *, hold: bool = False) -> None:
        self._spans: list[Seen] = []
        self._released = threading.Event()
        self.asked = threading.Event()
        if not hold:
            self._released.set()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                collector.asked.set()
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector._released.wait()
                collector._take(body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def environment(self) -> dict[str, str]:
        """What switches traces on, to come here; sent at once, for a test waits for them."""
        host, port = self._server.server_address[:2]
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{host!s}:{port}",
            "OTEL_BSP_SCHEDULE_DELAY": "50",
        }

    def trace_of(self, job_id: str) -> list[Seen]:
        """Every span of the trace that the job is in, as they began."""
        spans = list(self._spans)
        traces = {s.trace_id for s in spans if s.attributes.get("headway.job_id") == job_id}
        return sorted((s for s in spans if s.trace_id in traces), key=lambda s: s.began)

    def wait_for(self, job_id: str, condition: Callable[[list[Seen]], object]) -> list[Seen]:
        """The trace of a job, once *condition* is true of it."""

        def complete() -> list[Seen]:
            trace = self.trace_of(job_id)
            return trace if condition(trace) else []

        return wait_until(complete, lambda: outline(self.trace_of(job_id)))

    def close(self) -> None:
        self._released.set()
        self._server.shutdown()
        self._server.server_close()

    def _take(self, body: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        for resource in request.resource_spans:
            told = _attributes(resource.resource.attributes)
            for scope in resource.scope_spans:
                self._spans += [_seen(str(told["service.name"]), span) for span in scope.spans]


@contextmanager
def collecting(*, hold: bool = False) -> Iterator[Collector]:
    collector = Collector(hold=hold)
    try:
        yield collector
    finally:
        collector.close()


def outline(trace: list[Seen]) -> list[str]:
    """The tree of a trace, a line a span: its service, its name, and its outcome if it has one."""
    known = {span.span_id for span in trace}
    children = defaultdict(list)
    for span in trace:
        children[span.parent_id if span.parent_id in known else ""].append(span)
    lines: list[str] = []

    def add(parent: str, depth: int) -> None:
        for span in children[parent]:
            outcome = span.attributes.get("headway.outcome", "")
            lines.append(f"{'  ' * depth}{span.service}: {span.name} {outcome}".rstrip())
            add(span.span_id, depth + 1)

    add("", 0)
    return lines


def _seen(service: str, span: trace_pb2.Span) -> Seen:
    return Seen(
        service,
        span.name,
        trace_pb2.Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        _attributes(span.attributes),
        tuple(event.name for event in span.events),
        span.status.code == trace_pb2.Status.StatusCode.STATUS_CODE_ERROR,
        span.start_time_unix_nano,
        span.end_time_unix_nano,
    )


def _attributes(pairs: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}
