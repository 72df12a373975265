"""What a service has in hand when it is told to end: finished if it ends in time, else left."""

import signal
import threading
from collections.abc import Callable

import httpx
from support.processes import Service
from support.waiting import DEADLINE_SECONDS, wait_until

Start = Callable[..., Service]

_ORDER = (
    *("ticking.opening", "ticking.begun", "ticking.started", "ticking.draining"),
    *("ticking.drained", "ticking.closed", "ticking.stopped"),
)


def test_a_loop_ends_in_order_and_is_not_ready_meanwhile(start: Start) -> None:
    """What it has open is closed last, when nothing uses it any more."""
    # Given a loop that turns
    service = start("ticking")
    service.wait_for_event("ticking.started")

    # When it is told to end
    service.signal(signal.SIGTERM)
    assert service.wait_for_exit() == 0

    # Then one step came after the other, and it was not ready while it drained
    lines = [event for name in _ORDER for event in service.events(name)]
    assert [line["event"] for line in sorted(lines, key=lambda line: line["at"])] == [*_ORDER]
    (drained,) = service.events("ticking.drained")
    assert (drained["ready"], drained["reason"]) == (False, "draining")


def test_a_loop_whose_work_does_not_end_leaves_it_at_the_deadline(start: Start) -> None:
    """The drain is told when it has to be over, and the exit is in order all the same."""
    # Given a loop with work in hand that does not end
    service = start("ticking", "busy", DRAIN_SECONDS="0.2")
    service.wait_for_event("ticking.started")

    # When it is told to end, then it leaves that
    service.signal(signal.SIGTERM)
    assert service.wait_for_exit() == 0
    assert service.events("ticking.stopped")


def _asking(service: Service, path: str) -> Callable[[], httpx.Response | None]:
    """Asks in a thread of its own; the answer as soon as there is one."""
    answers: list[httpx.Response] = []
    (started,) = service.wait_for_event("greeting.started")
    url = f"http://127.0.0.1:{started['port']}{path}"

    def ask() -> None:
        answers.append(httpx.get(url, timeout=DEADLINE_SECONDS))

    threading.Thread(target=ask, daemon=True).start()
    service.wait_for_event("greeting.asked")
    return lambda: answers[0] if answers else None


def test_a_request_that_is_open_when_the_end_begins_is_answered(start: Start) -> None:
    """The port closes first; whoever was let in is served."""
    # Given a site with an open request that ends once the end has begun
    service = start("greeting", DRAIN_SECONDS="120")
    answer = _asking(service, "/farewell")

    # When it is told to end
    service.signal(signal.SIGTERM)

    # Then the request is answered, and the exit is in order
    assert wait_until(answer).text == "farewell"
    assert service.wait_for_exit() == 0


def test_a_request_that_does_not_end_is_left_at_the_deadline(start: Start) -> None:
    """One client does not hold up the exit."""
    # Given a site with an open request that never ends
    service = start("greeting", DRAIN_SECONDS="1")
    answer = _asking(service, "/never")
    assert answer() is None

    # When it is told to end, then it closes what it has open and stops in order
    service.signal(signal.SIGTERM)
    assert service.wait_for_exit() == 0
    assert service.events("greeting.closed")
    assert service.events("greeting.stopped")
