"""What is not served, or not now."""

import pytest
from support.status.rig import Rig
from support.status.web import Web


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("POST", "/jobs", 405), ("GET", "/static/nothing.js", 404)],
)
def test_what_is_not_served_is_a_problem_too(web: Web, method: str, path: str, status: int) -> None:
    """Every error has the same form."""
    # Given a path or a method that is not served
    # When it is asked for
    response = web.get(path, method=method)

    # Then the refusal has the form of every error
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"


def test_an_unexpected_error_is_a_problem_too(
    rig: Rig, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its words are for the log."""

    # Given a fault that nobody has thought of
    def fail(_row: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(type(rig.views), "summary", fail)
    monkeypatch.setattr(type(rig.table), "snapshot", fail)

    # When it is met
    response = web.get("/jobs")

    # Then the answer is an error that tells nothing of it
    assert response.status_code == 500
    assert "secret" not in response.text


def test_readers_of_events_are_limited(rig: Rig, web: Web) -> None:
    """Each holds memory and a connection."""
    # Given a reader of events, and room for one
    with rig.hub.connect():
        # When another one comes
        response = web.get("/events", sse_clients=1)

    # Then it is refused, and told why
    assert response.status_code == 503
    assert response.json()["title"] == "Too many readers"


def test_health_tells_live_and_ready_apart(rig: Rig, web: Web) -> None:
    """A service that reads is alive before it has caught up."""
    # Given a service that is still catching up
    rig.health.set_ready(ready=False, reason="catching up with the topics")

    # When its health and its metrics are asked for
    live, ready, metrics = web.get("/livez"), web.get("/readyz"), web.get("/metrics")

    # Then it is alive and not ready, says why, and counts
    assert (live.status_code, ready.status_code) == (200, 503)
    assert ready.json()["reason"] == "catching up with the topics"
    assert "headway_materialized_total" in metrics.text
