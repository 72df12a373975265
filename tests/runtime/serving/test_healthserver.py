"""Live and ready over real HTTP: two questions, two answers."""

import http.client
import json
import logging
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from support.clock import ManualClock
from support.waiting import DEADLINE_SECONDS, wait_until

from headway.observing.health import Health
from headway.serving.healthserver import MOST_CONNECTIONS, HealthServer

Ask = Callable[[str], tuple[int, str, bytes]]
Connect = Callable[[HealthServer], socket.socket]


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Health, int]]:
    """A health and the port it is served on; ending a server takes half a second."""
    health = Health(component="p1", stale_seconds=10.0)
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


def test_whether_it_is_ready_is_a_metric_too(ask: Ask, health: Health) -> None:
    """An alert reads what an orchestrator is told, and of what service it is."""
    # Given a process that is ready, when it is scraped, then it says so
    health.set_ready(ready=True, reason="3 partitions")
    assert b'headway_ready{component="p1"} 1.0' in ask("/metrics")[2]

    # And no longer when it is not
    health.set_ready(ready=False, reason="draining")
    assert b'headway_ready{component="p1"} 0.0' in ask("/metrics")[2]


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


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Opens connections that last as long as the test."""
    with ExitStack() as opened:

        def connect(server: HealthServer) -> socket.socket:
            connection = opened.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            connection.settimeout(DEADLINE_SECONDS)
            return connection

        yield connect


@pytest.mark.parametrize("sends", [b"", b"GET /livez HTTP/1.1\r\n"], ids=["nothing", "half"])
def test_who_sends_no_whole_request_does_not_keep_a_thread(
    monkeypatch: pytest.MonkeyPatch, connect: Connect, sends: bytes
) -> None:
    """Each connection has one, so a silent one is let go."""
    # Given a server with little patience
    monkeypatch.setattr("headway.serving.healthserver._PATIENCE_SECONDS", 0.05)
    with HealthServer(Health(), host="127.0.0.1", port=0) as server:
        # When somebody sends half a request, or nothing, and no more
        connection = connect(server)
        connection.sendall(sends)

        # Then the connection is ended
        assert connection.recv(100) == b""


def test_a_request_that_comes_a_byte_at_a_time_buys_no_further_time(
    monkeypatch: pytest.MonkeyPatch, connect: Connect
) -> None:
    """The time is for the whole of it."""
    # Given a server with little patience, and a client that sends a byte now and then
    monkeypatch.setattr("headway.serving.healthserver._PATIENCE_SECONDS", 0.05)
    with HealthServer(Health(), host="127.0.0.1", port=0) as server:
        connection = connect(server)
        connection.settimeout(0)

        def is_cut() -> bool:
            try:
                connection.sendall(b"x")
                return connection.recv(100) == b""
            except BlockingIOError:
                return False
            except ConnectionError:
                return True

        # When it goes on, then it is cut all the same
        wait_until(is_cut)


def test_half_requests_in_any_number_keep_no_probe_out(
    monkeypatch: pytest.MonkeyPatch, connect: Connect
) -> None:
    """The one open longest makes room, and there are no more threads than places."""
    monkeypatch.setattr("headway.serving.healthserver._PATIENCE_SECONDS", DEADLINE_SECONDS)
    # Given more connections than there are places, none of which asks
    with HealthServer(Health(), host="127.0.0.1", port=0) as server:
        silent = [connect(server) for _ in range(2 * MOST_CONNECTIONS)]

        # When somebody asks, then it is answered
        probe = connect(server)
        probe.sendall(b"GET /livez HTTP/1.1\r\n\r\n")
        assert probe.recv(100).startswith(b"HTTP/1.0 200 ")

        # And the first of the others was cut for it, the last was not
        assert silent[0].recv(100) == b""
        silent[-1].settimeout(0)
        with pytest.raises(BlockingIOError):
            silent[-1].recv(100)
        wait_until(lambda: _threads_serving() <= MOST_CONNECTIONS)


def test_a_client_that_leaves_is_nobodys_trouble(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is printed about it, and the next one is answered."""
    # Given a server, and a client that resets its connection in the middle of its request
    with HealthServer(Health(), host="127.0.0.1", port=0) as server:
        leaving = connect(server)
        leaving.sendall(b"GET /live")
        leaving.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        leaving.close()

        # When the next one asks, then it is answered, and nothing worth a line has happened
        probe = connect(server)
        probe.sendall(b"GET /livez HTTP/1.1\r\n\r\n")
        assert probe.recv(100).startswith(b"HTTP/1.0 200 ")
    assert [record for record in caplog.records if record.levelno > logging.DEBUG] == []


def _threads_serving() -> int:
    return sum("process_request_thread" in thread.name for thread in threading.enumerate())
