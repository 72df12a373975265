"""Whether traces are on, by OpenTelemetry's own variables; off they are not there at all."""

import os
import subprocess
import sys
from collections.abc import Mapping

import pytest

from headway.base.errors import SettingsError
from headway.declared.stage import StageSettings
from headway.tracing.switch import exporters, traced

_ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}
#: All that a service is made of, and its traces switched on or not; ends with code 2 as it does.
_START = """
import sys
import gateway.server, p1.stage, p2.stage, status.server
from headway.declared.stage import StageSettings
from headway.serving import service, signals
from headway.tracing.spans import Kind
from headway.tracing.switch import traced
{before}
settings = StageSettings(kafka_bootstrap_servers="x", object_store_url="memory://", http_port=0)
try:
    with traced("p1", settings) as spans:
        if spans:
            spans.start("one", Kind.CLIENT, None, {{}}).end()
        found = [name for name, module in sys.modules.items() if module is not None]
        print(any(name.split(".")[0] == "opentelemetry" for name in found))
except Exception as error:
    print(type(error).__name__, error)
"""
_NOT_INSTALLED = "sys.modules['opentelemetry'] = None"


def _started(environment: Mapping[str, str], before: str = "") -> str:
    """What a process says of its traces that starts with *environment*."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    code = _START.format(before=before)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or done.stderr


@pytest.mark.parametrize(
    ("environment", "names"),
    [
        ({}, ()),
        ({"OTEL_SERVICE_NAME": "x", "OTEL_TRACES_SAMPLER": "always_on"}, ()),
        ({"OTEL_TRACES_EXPORTER": "none", **_ENDPOINT}, ()),
        ({"OTEL_TRACES_EXPORTER": "", "OTEL_EXPORTER_OTLP_ENDPOINT": " "}, ()),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "otlp", **_ENDPOINT}, ()),
        ({"OTEL_SDK_DISABLED": "false", **_ENDPOINT}, ("otlp",)),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://x/v1/traces"}, ("otlp",)),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, ("otlp",)),
        ({"OTEL_TRACES_EXPORTER": "console, otlp"}, ("console", "otlp")),
    ],
)
def test_traces_are_on_where_an_exporter_or_a_collector_is_named(
    environment: Mapping[str, str], names: tuple[str, ...]
) -> None:
    """And nothing else of OpenTelemetry's variables switches them on."""
    # Given an environment, when it is asked for exporters, then it has those
    assert exporters(environment) == names


@pytest.mark.parametrize(
    ("environment", "word"),
    [
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "OTEL_TRACES_EXPORTER: 'zipkin' is none of otlp"),
        ({**_ENDPOINT, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "http/protobuf is: collectors"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"}, "not a URL such as http://"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://[x"}, "not a URL such as http://"),
        ({**_ENDPOINT, "OTEL_BSP_MAX_QUEUE_SIZE": "1"}, "OTEL_"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(
    environment: Mapping[str, str], word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the start, by whoever set it, not at each export, by nobody."""
    # Given an environment that asks for what there is not
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings = StageSettings(kafka_bootstrap_servers="x", object_store_url="memory://", http_port=0)

    # When traces are to begin, then they do not, and the operator is told why
    with pytest.raises(SettingsError) as refused, traced("p1", settings):
        pass
    assert word in str(refused.value)


def test_without_a_collector_spans_can_be_read_on_standard_output() -> None:
    """For whoever only wants to see them once."""
    # Given the exporter that writes there, when something is traced, then it is there at the end
    said = _started({"OTEL_TRACES_EXPORTER": "console"})
    assert '"name": "one"' in said


def test_off_nothing_of_opentelemetry_is_imported() -> None:
    """Not by any service, nor by what they share: it costs neither time nor memory."""
    # Given all that services are made of, when traces are off, then none of it has come along
    assert _started({}) == "False"
    assert _started({"OTEL_TRACES_EXPORTER": "none", **_ENDPOINT}) == "False"
    assert _started({"OTEL_TRACES_EXPORTER": "console"}).splitlines()[0] == "True"


def test_off_they_need_not_be_installed() -> None:
    """They are an extra: whoever wants none has none."""
    # Given a machine without the packages, when traces are off, then there is nothing to refuse
    assert _started({}, _NOT_INSTALLED) == "False"


def test_on_without_what_makes_them_is_refused_with_what_to_do() -> None:
    """A service that is asked for traces and cannot make any says so at once."""
    # Given a machine without the packages, when traces are switched on
    said = _started(_ENDPOINT, _NOT_INSTALLED)

    # Then it is told what to install, or how to switch them off
    assert said.startswith("SettingsError")
    assert "install headway[otel]" in said
    assert "OTEL_TRACES_EXPORTER=none" in said
