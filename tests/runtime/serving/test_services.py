"""What every service has of the one piece that runs it, whatever its work is.

The kinds: a stage, a loop that is none (as a scheduler is), a site, and the two sites of the
product, which meet no Kafka here.
"""

import signal
import socket
from collections.abc import Callable
from contextlib import closing

import httpx
import pytest
from support.processes import Service
from support.waiting import DEADLINE_SECONDS, wait_until

from headway.serving import signals

Start = Callable[..., Service]

#: Each kind, and whether it gets ready where there is no Kafka.
_KINDS = {"stage": True, "ticking": True, "greeting": True, "gateway": False, "status": False}
_TESTS_OWN = ("ticking", "greeting")


def _ask(service: Service, kind: str, path: str) -> httpx.Response:
    (started,) = service.wait_for_event(f"{kind}.started")
    return httpx.get(f"http://127.0.0.1:{started['port']}{path}", timeout=DEADLINE_SECONDS)


@pytest.mark.parametrize(("kind", "gets_ready"), _KINDS.items())
def test_health_is_answered_on_the_port_it_tells(
    start: Start, kind: str, *, gets_ready: bool
) -> None:
    """Whoever runs services asks all of them the same."""
    # Given a service of any kind
    service = start(kind)

    # When it is asked, then it is alive, tells its metrics, and whether it is ready
    assert _ask(service, kind, "/livez").json()["ok"]
    assert "# HELP process_open_fds" in _ask(service, kind, "/metrics").text
    if gets_ready:
        wait_until(lambda: _ask(service, kind, "/readyz").is_success)
    else:
        assert _ask(service, kind, "/readyz").status_code == 503
    assert _ask(service, kind, "/unknown").status_code == 404


def test_a_probe_is_answered_where_no_more_files_may_be_opened(start: Start) -> None:
    """The loop may go on; that it is asked how it is must not be what ends it."""
    # Given a loop whose process has used up its files
    service = start("ticking", "full")

    # When it is asked again and again, then it answers each time
    for _ in range(5):
        assert _ask(service, "ticking", "/livez").is_success


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_service_that_is_told_to_end_exits_with_0(
    start: Start, kind: str, number: signal.Signals
) -> None:
    """In order: it says that it has stopped."""
    # Given a service at work
    service = start(kind)
    service.wait_for_event(f"{kind}.started")
    assert _ask(service, kind, "/livez").is_success

    # When it is told to end, then it does
    service.signal(number)
    assert service.wait_for_exit() == 0
    assert service.events(f"{kind}.stopped")


@pytest.mark.parametrize("kind", _KINDS)
def test_settings_that_do_not_fit_are_told_by_name_and_exit_with_2(start: Start, kind: str) -> None:
    """All of them at once: an operator has to act, and is told on what."""
    # Given a service that is told nonsense, when it starts
    service = start(kind, HTTP_PORT="high", DRAIN_SECONDS="-1", LOG_LEVEL="LOUD")

    # Then it refuses, and names each
    assert service.wait_for_exit() == 2
    for name in ("HTTP_PORT", "DRAIN_SECONDS", "LOG_LEVEL"):
        assert name in service.tail()


@pytest.mark.parametrize("kind", _TESTS_OWN)
def test_what_it_finds_that_the_operator_has_to_mend_exits_with_2(start: Start, kind: str) -> None:
    """While it opens what it needs, or while it works: topics are compared late, say."""
    # Given a service that finds so, when it starts
    service = start(kind, "refused")

    # Then it refuses, and has not stopped in order
    assert service.wait_for_exit() == 2
    (refused,) = service.events(f"{kind}.refused_to_start")
    assert refused["reason"] == "it does not fit: mend it"
    assert not service.events(f"{kind}.stopped")


@pytest.mark.parametrize("kind", _TESTS_OWN)
def test_an_error_nobody_expected_exits_with_1_and_a_line(start: Start, kind: str) -> None:
    """The last line says what it was, and where."""
    # Given a service whose work fails, when it does, then it is told
    service = start(kind, "broken")
    assert service.wait_for_exit() == 1
    (failed,) = service.events(f"{kind}.failed")
    assert "nobody expected this" in failed["exception"]


@pytest.mark.parametrize("kind", ["stage", *_TESTS_OWN])
def test_a_port_that_is_taken_exits_with_1(start: Start, kind: str) -> None:
    """It may be free when it is started again."""
    # Given a port that somebody listens on
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        # When a service is told to listen there, then it fails
        service = start(kind, HTTP_PORT=str(taken.getsockname()[1]))
        assert service.wait_for_exit() == 1
    assert service.events("stage.halted") or service.events(f"{kind}.failed")


def test_an_application_that_does_not_come_up_exits_with_1(start: Start) -> None:
    """The server just ends then, which is not what it was told to do."""
    # Given an application that fails before the first request, when it starts, then it is told
    service = start("greeting", "unbegun")
    assert service.wait_for_exit() == 1
    assert service.events("greeting.failed")
    assert "nobody expected this" in service.tail()


@pytest.mark.parametrize("kind", _TESTS_OWN)
def test_a_service_that_is_still_opening_ends_at_once(start: Start, kind: str) -> None:
    """There is no work in hand yet, whatever it waits for."""
    # Given a service that never comes to be open
    service = start(kind, "opening")
    service.wait_for_event(f"{kind}.opening")

    # When it is told to end, then it does
    service.signal(signal.SIGTERM)
    assert service.wait_for_exit() == 0


@pytest.mark.parametrize("kind", _TESTS_OWN)
def test_a_service_that_hangs_at_its_end_exits_with_3(start: Start, kind: str) -> None:
    """EXIT_SECONDS after the drain, and the log says where it hung."""
    # Given a service whose end hangs
    service = start(kind, "stuck", DRAIN_SECONDS="0", EXIT_SECONDS="1")
    service.wait_for_event(f"{kind}.started")

    # When it is told to end, then it is ended
    service.signal(signal.SIGTERM)
    assert service.wait_for_exit() == signals.OVERDUE
    (overdue,) = service.events("process.overdue")
    assert "wait" in overdue["threads"]["MainThread"]
