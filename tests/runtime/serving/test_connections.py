"""How many connections are served at once, and who makes room: real sockets, no broker."""

from prometheus_client import REGISTRY
from support.services.guarded import (
    GET,
    HELD,
    LIVE,
    Application,
    Connect,
    cut,
    everything,
    guarded_server,
)
from support.waiting import wait_until

from headway.serving import connections
from headway.serving.connections import GuardedProtocol


def test_of_those_that_wait_for_a_request_the_longest_makes_room(connect: Connect) -> None:
    """Whoever comes is served; nobody is kept out by connections without a request."""
    # Given as many connections as are served, one of which has had an answer
    first, *others = [connect() for _ in range(4)]
    wait_until(lambda: REGISTRY.get_sample_value("headway_connections") == 1 + len(others))
    first.sendall(GET)
    assert first.recv(15) == b"HTTP/1.1 200 OK"

    # When one more comes and asks
    before = cut("crowded")
    assert connect(GET).recv(15) == b"HTTP/1.1 200 OK"

    # Then one was cut for it: the one that has waited longest, and that is not the first any more
    assert cut("crowded") == before + 1
    assert everything(others[0]) == b""
    others[1].sendall(GET)
    assert others[1].recv(15) == b"HTTP/1.1 200 OK"


def test_where_all_are_at_work_only_health_is_answered(
    application: Application, connect: Connect
) -> None:
    """The rest is told to come later, and the connection ends."""
    # Given a server all of whose connections work
    working = [connect(HELD) for _ in range(4)]
    wait_until(lambda: application.held == len(working))

    # When more come, then they are told; and health is answered
    refused = everything(connect(GET))
    assert refused.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 5" in refused.lower()
    assert connect(LIVE).recv(15) == b"HTTP/1.1 200 OK"

    # And once the others are through, they are served
    application.release.set()
    wait_until(lambda: connect(GET).recv(15) == b"HTTP/1.1 200 OK")


def test_a_connection_from_the_reserve_makes_room_for_one_from_the_reserve(
    application: Application,
) -> None:
    """However many half requests come: none of them turns it into a usual one."""
    # Given a server whose only connection works, and a half request in the reserve
    with guarded_server(application, most=1) as connect:
        connect(HELD)
        wait_until(lambda: application.held == 1)
        half = connect(b"GET /livez HTTP/1.1\r\n")

        # When another comes, then it is told that the server is full, and the half one is cut
        assert everything(connect(GET)).startswith(b"HTTP/1.1 503 ")
        assert everything(half) == b""


class _Still(GuardedProtocol):
    """A connection without a transport, for its place alone."""

    def __init__(self) -> None: ...


def test_beyond_the_reserve_a_connection_is_refused() -> None:
    """What is left of the descriptors is not for connections."""
    # Given a server of two places and one in reserve
    places = connections.Connections(2, reserve=1)

    # When five come
    entries = [places.enter(_Still()) for _ in range(5)]

    # Then each is met as there is place for it
    assert [entry.name for entry in entries] == [
        *("USUAL", "USUAL", "RESERVED", "REFUSED", "REFUSED")
    ]
