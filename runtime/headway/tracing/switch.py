"""Whether traces are switched on, as OpenTelemetry's own variables say; off, nothing is imported.

On is who names an exporter (`OTEL_TRACES_EXPORTER`) or a collector (`OTEL_EXPORTER_OTLP_ENDPOINT`,
`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`), unless `OTEL_SDK_DISABLED` or `OTEL_TRACES_EXPORTER` is
`none`. Everything else the library reads by itself.
"""

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from headway.base.errors import SettingsError
from headway.declared.settings import Settings
from headway.tracing.spans import Spans

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

logger = logging.getLogger(__name__)

_EXPORTERS: Final = "OTEL_TRACES_EXPORTER"
_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS: Final = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_PROTOCOL: Final = "http/protobuf"
_NONE, _OTLP, _CONSOLE = "none", "otlp", "console"
#: Of EXIT_SECONDS, for what has not been sent: where Kafka hangs as well, the last frame and the
#: clients take six of the seven.
_SHARE_OF_EXIT: Final = 1 / 10


def exporters(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The exporters that *environ* asks for; none: traces are off.

    Raises:
        SettingsError: it asks for what there is not.
    """
    said = environ.get(_EXPORTERS, "").strip()
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true" or said.lower() == _NONE:
        return ()
    if not said:
        return (_OTLP,) if any(environ.get(name, "").strip() for name in _ENDPOINTS) else ()
    names = tuple(dict.fromkeys(name.strip().lower() for name in said.split(",")))
    if not set(names) <= {_OTLP, _CONSOLE}:
        raise SettingsError(f"{_EXPORTERS}: {said!r} is none of {_OTLP}, {_CONSOLE}, {_NONE}")
    return names


@contextmanager
def traced(service: str, settings: Settings) -> Iterator[Spans | None]:
    """What makes the spans of *service*, while the context lasts; None if traces are off.

    At its end what is left is sent, for a tenth of EXIT_SECONDS at most.

    Raises:
        SettingsError: traces are switched on in a way that cannot be.
    """
    names = exporters(os.environ)
    if not names:
        yield None
        return
    if _OTLP in names:
        _check_way(os.environ)
    try:
        from headway.tracing import exporting  # noqa: PLC0415 - costs time and memory: only if on
        from headway.tracing.sdk import SdkSpans, serve_handlers  # noqa: PLC0415
    except ImportError as error:
        raise SettingsError(_MISSING.format(error=error)) from error
    exporting.told_by_us()
    try:
        made = [_exporter(name) for name in names]
        provider = exporting.provider_of(made, service=service, instance=settings.instance_id)
    except (ValueError, OSError) as error:
        raise SettingsError(f"the variables OTEL_* do not fit: {error}") from error
    serve_handlers(provider)
    extra = {"exporters": names, "sampler": provider.sampler.get_description()}
    logger.info("traces.on", extra=extra)
    try:
        yield SdkSpans(provider)
    finally:
        exporting.close(provider, settings.exit_seconds * _SHARE_OF_EXIT)


_MISSING: Final = (
    "traces are switched on (OTEL_TRACES_EXPORTER or OTEL_EXPORTER_OTLP_ENDPOINT), but what makes "
    "them is not installed ({error}): install headway[otel], or set OTEL_TRACES_EXPORTER=none"
)


def _check_way(environ: Mapping[str, str]) -> None:
    """Refuse what would fail at each export, and be seen by nobody."""
    protocol = next(((n, v) for n in _PROTOCOLS if (v := environ.get(n, "").strip())), None)
    if protocol is not None and protocol[1] != _PROTOCOL:
        name, said = protocol
        raise SettingsError(
            f"{name}: {said!r} is not spoken here, {_PROTOCOL} is: collectors take it at port 4318"
        )
    for name in _ENDPOINTS:
        said = environ.get(name, "").strip()
        if said and not _is_url(said):
            raise SettingsError(f"{name}: not a URL such as http://collector:4318")


def _is_url(said: str) -> bool:
    try:
        parts = urlsplit(said)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _exporter(name: str) -> "SpanExporter":
    if name == _CONSOLE:
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter  # noqa: PLC0415 - as above

        return ConsoleSpanExporter()
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - as above
        OTLPSpanExporter,
    )

    return OTLPSpanExporter()
