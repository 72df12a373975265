"""Live and ready over real HTTP: two questions, two answers."""

import http.client
import json
import socket
from collections.abc import Callable, Iterator

import pytest
from support.clock import ManualClock
from support.waiting import DEADLINE_SECONDS

from headway.observing.health import Health
from headway.serving.healthserver import HealthServer

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
        connection = http.client.HTTPConnection("127.0.0.1", served[1], timeout=DEADLINE_SECONDS)
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


def test_what_else_there_is_to_say_stands_beside_the_reason(ask: Ask, health: Health) -> None:
    """It changes neither answer; what is empty is left out."""
    # Given a ready process with something to say, and something else that has passed
    health.set_ready(ready=True, reason="caught up")
    health.notes.update(hanging_transactions={"p1.dlq[3]": 18}, paused={})

    # When it is asked, then it is ready, and says it
    try:
        status, _, body = ask("/readyz")
        said = {"ok": True, "reason": "caught up", "hanging_transactions": {"p1.dlq[3]": 18}}
        assert (status, json.loads(body)) == (200, said)
        assert b"hanging" not in ask("/livez")[2]
    finally:
        health.notes.clear()


def test_no_answer_is_sniffed(served: tuple[Health, int]) -> None:
    """Data is never taken for a page."""
    # Given a stage, when it is asked, then its answer says what it is once and for all
    connection = http.client.HTTPConnection("127.0.0.1", served[1], timeout=DEADLINE_SECONDS)
    try:
        connection.request("GET", "/livez")
        assert connection.getresponse().headers["X-Content-Type-Options"] == "nosniff"
    finally:
        connection.close()


def test_who_sends_half_a_request_does_not_keep_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each connection has one, so a silent one is let go."""
    # Given a stage with little patience
    monkeypatch.setattr("headway.serving.healthserver._PATIENCE_SECONDS", 0.05)
    with (
        HealthServer(Health(), host="127.0.0.1", port=0) as server,
        socket.create_connection(("127.0.0.1", server.port)) as connection,
    ):
        connection.settimeout(DEADLINE_SECONDS)

        # When somebody sends half a request and no more
        connection.sendall(b"GET /livez HTTP/1.1\r\n")

        # Then the connection is ended
        assert connection.recv(100) == b""
