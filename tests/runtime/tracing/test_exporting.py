"""What is said and counted of spans on their way out."""

import logging
from collections.abc import Sequence

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from prometheus_client import REGISTRY
from support.clock import ManualClock

from headway.tracing import exporting
from headway.tracing.sdk import SdkSpans
from headway.tracing.spans import Kind


class Collector(SpanExporter):
    """Takes spans or does not."""

    def __init__(self, result: SpanExportResult | Exception) -> None:
        self.result = result
        self.resources: list[dict[str, object]] = []

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.resources += [dict(span.resource.attributes) for span in spans]
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


def _counted(outcome: str) -> float:
    return REGISTRY.get_sample_value("headway_spans_total", {"outcome": outcome}) or 0.0


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (SpanExportResult.SUCCESS, "sent"),
        (SpanExportResult.FAILURE, "lost"),
        (OSError("gone"), "lost"),
    ],
)
def test_what_became_of_spans_is_counted(
    result: SpanExportResult | Exception, outcome: str
) -> None:
    """Sent or lost; what ended and is neither was dropped, or waits."""
    # Given a collector that takes spans, or none
    exporting.told_by_us()
    collector = Collector(result)
    provider = exporting.provider_of([collector], service="p1", instance="a")
    before = _counted("ended"), _counted(outcome)

    # When two have ended, and all is sent
    for name in ("one", "two"):
        SdkSpans(provider).start(name, Kind.CLIENT, None, {}).end()
    exporting.close(provider, 60)

    # Then they are counted as what became of them
    assert (_counted("ended"), _counted(outcome)) == (before[0] + 2, before[1] + 2)
    assert len(collector.resources) == 2


def test_a_service_is_called_as_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its own name if that says nothing."""
    # Given a service with a name, and an environment that has another for it, or none
    for environment, name in (({}, "p1"), ({"OTEL_SERVICE_NAME": "profiler"}, "profiler")):
        for variable, value in environment.items():
            monkeypatch.setenv(variable, value)

        # When its spans are sent
        collector = Collector(SpanExportResult.SUCCESS)
        provider = exporting.provider_of([collector], service="p1", instance="p1-0")
        SdkSpans(provider).start("one", Kind.CLIENT, None, {}).end()
        exporting.close(provider, 60)

        # Then they say whose they are
        (told,) = collector.resources
        assert told["service.name"] == name
        assert (told["service.namespace"], told["service.instance.id"]) == ("headway", "p1-0")


def test_what_the_library_says_is_told_once_in_a_while(
    clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    """A collector that is away for a night leaves no gigabyte of lines."""
    # Given a thousand lines of the library within a moment
    lines = exporting.Lines(clock)
    for number in range(1000):
        lines.handle(_line("Failed to export to %s", f"x?key=secret-{number}"))

    # When it says one more a minute later
    clock.advance(60)
    lines.handle(_line("Failed again"))

    # Then two are told, with how many were left out, and no part of an address that may be a key
    told = [(record.getMessage(), vars(record)) for record in caplog.records]
    assert [name for name, _ in told] == ["traces.trouble"] * 2
    assert [(more["detail"], more["left_out"]) for _, more in told] == [
        ("Failed to export to x?...", 0),
        ("Failed again", 999),
    ]


def test_headers_that_cannot_be_read_are_not_shown(
    clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    """They hold the key to the collector."""
    # Given what the library says of them, when it is told, then without them
    line = _line("Header format invalid! %s", "api-key secret", name="opentelemetry.util.re")
    exporting.Lines(clock).handle(line)
    assert "Header format invalid!" in str(vars(caplog.records[0])["detail"])
    assert "secret" not in str(vars(caplog.records[0]))


def _line(text: str, *args: object, name: str = "opentelemetry.x") -> logging.LogRecord:
    return logging.LogRecord(name, logging.WARNING, "x.py", 1, text, args, None)
