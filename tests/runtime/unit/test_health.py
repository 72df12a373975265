"""Live and ready over real HTTP: two questions, two answers."""

import http.client
import json
from collections.abc import Callable, Iterator

import pytest
from support.clock import ManualClock

from headway.health import Health, HealthServer

Ask = Callable[[str], tuple[int, str, bytes]]


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Health, int]]:
    """A health and the port it is served on; ending a server takes half a second."""
    health = Health(stale_seconds=10.0)
    with HealthServer(health, host="127.0.0.1", port=0) as server:
        yield health, server.port


@pytest.fixture
def health(served: tuple[Health, int], clock: ManualClock) -> Health:
    """The health of a process that has just begun."""
    health, _ = served
    health.clock, health._turned_at = clock, None
    health.set_ready(ready=False, reason="starting")
    return health


@pytest.fixture
def ask(served: tuple[Health, int], health: Health) -> Ask:
    """GET a path: status, media type, body."""
    assert not health.ready

    def get(path: str) -> tuple[int, str, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", served[1], timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.headers["Content-Type"], answer.read()
        finally:
            connection.close()

    return get


def test_a_process_that_starts_is_live_and_not_ready(ask: Ask) -> None:
    """A slow start is no reason to be killed, and no reason to get traffic."""
    # Given a process whose loop has not turned yet
    # When it is asked, then it is live, and says why it is not ready
    assert ask("/livez")[0] == 200
    status, media_type, body = ask("/readyz")
    assert (status, media_type) == (503, "application/json")
    assert json.loads(body) == {"ok": False, "reason": "starting"}


def test_a_loop_that_stands_still_is_not_live(ask: Ask, health: Health, clock: ManualClock) -> None:
    """After the stale time the orchestrator is told to restart it."""
    # Given a loop that has turned
    health.turned()
    clock.advance(9.9)
    assert ask("/livez")[0] == 200

    # When it has not turned for too long, then the process is not live
    clock.advance(0.1)
    status, _, body = ask("/livez")
    assert status == 503
    assert json.loads(body) == {"ok": False, "reason": "the loop stands still"}

    # And it is again when the loop turns
    health.turned()
    assert ask("/livez")[0] == 200


def test_a_ready_process_says_for_what(ask: Ask, health: Health) -> None:
    """The reason stands beside the answer, good or bad."""
    # Given a process with partitions, when it is asked, then it is ready
    health.set_ready(ready=True, reason="3 partitions")
    status, _, body = ask("/readyz?verbose=1")
    assert status == 200
    assert json.loads(body) == {"ok": True, "reason": "3 partitions"}

    # And a draining one is not, though it is live
    health.set_ready(ready=False, reason="draining")
    assert (ask("/readyz")[0], ask("/livez")[0]) == (503, 200)


def test_the_metrics_are_told_in_the_text_form_of_prometheus(ask: Ask) -> None:
    """One path on the same port: no second server to configure."""
    # Given a process, when its metrics are scraped, then the declared ones are there
    status, media_type, body = ask("/metrics")
    assert status == 200
    assert media_type.startswith("text/plain; version=")
    assert b"# HELP headway_records_total Source records settled" in body


def test_there_is_nothing_else(ask: Ask) -> None:
    """Health is all that a stage serves."""
    # Given a stage, when another path is asked for, then there is nothing
    assert ask("/jobs")[0] == 404
