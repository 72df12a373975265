"""HTTP connections under guard: bounded in number, and none waited for without end.

uvicorn waits for the head of a request for ever, and where descriptors run out it goes dark: a
health probe is then one connection too many. So connections are counted. At their bound the one
that has waited longest for a request makes room; where all are at work, a reserve remains in which
health is answered and nothing else. A head has to be whole within `HEAD_SECONDS`, and who takes
nothing of an answer for `UNREAD_SECONDS` is cut.

A client that ends its own side after its request (a half-close) gets its answer; uvicorn alone
drops the connection there. An endless answer says so by the ASGI extension `ENDLESS`, since for it
a client that has ended is one that has left.
"""

import asyncio
from collections.abc import Callable
from enum import Enum
from typing import Any, ClassVar, Final, TypeVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from headway.observing.health import HEALTH_PATHS
from headway.observing.metrics import CONNECTIONS, CONNECTIONS_CUT
from headway.serving.problem import problem

#: A head is sent in one go; the slowest mobile network needs less.
HEAD_SECONDS: Final = 10.0
#: 64 KiB, what may wait for a client, in this time are 1 KiB/s.
UNREAD_SECONDS: Final = 60.0
#: Probes of a few askers at once, with some to spare.
RESERVE: Final = 32
#: The ASGI extension by which an answer says that it has no end.
ENDLESS: Final = "headway.endless"

_OVERDUE: Final = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"

P = TypeVar("P", bound="GuardedProtocol")


class Entry(Enum):
    """How a new connection is met."""

    USUAL = "for every request"
    RESERVED = "for questions about health only, from the reserve"
    REFUSED = "closed at once: the reserve is used up too"


class Connections:
    """The open connections of one server; used by its event loop alone."""

    def __init__(self, most: int, *, reserve: int = RESERVE) -> None:
        self._most = most
        self._reserve = reserve
        self._open: set[GuardedProtocol] = set()
        # Longest first: a dict keeps the order in which they began to wait.
        self._waiting: dict[GuardedProtocol, None] = {}

    def enter(self, connection: "GuardedProtocol") -> Entry:
        self._open.add(connection)
        CONNECTIONS.set(len(self._open))
        if len(self._open) > self._most and self._waiting:
            longest = next(iter(self._waiting))
            self.leave(longest)
            longest.cut("crowded")
        if len(self._open) <= self._most:
            return Entry.USUAL
        return Entry.RESERVED if len(self._open) <= self._most + self._reserve else Entry.REFUSED

    def waits(self, connection: "GuardedProtocol") -> None:
        """It has no request at work: it may have to make room."""
        if connection in self._open:
            self._waiting[connection] = None

    def works(self, connection: "GuardedProtocol") -> None:
        self._waiting.pop(connection, None)

    def leave(self, connection: "GuardedProtocol") -> None:
        self._open.discard(connection)
        self._waiting.pop(connection, None)
        CONNECTIONS.set(len(self._open))


class GuardedProtocol(H11Protocol):
    """One connection; `guarded` makes the class whose instances share their `guard`."""

    guard: ClassVar[Connections]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline: asyncio.TimerHandle | None = None
        self._half_closed = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as its base does
        super().connection_made(transport)
        entry = self.guard.enter(self)
        if entry is Entry.REFUSED:
            self.cut("full")
            return
        if entry is Entry.RESERVED:
            self.app = _only_health(self.app)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._at_ease()
        self.guard.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self._deadline is None and not self._at_work:
            self._within(HEAD_SECONDS, self._head_overdue)
        super().data_received(data)

    def handle_events(self) -> None:
        waited = not self._at_work
        super().handle_events()
        if waited and self._at_work:
            self._at_ease()
            self.guard.works(self)

    def eof_received(self) -> bool | None:  # type: ignore[override]  # its base always closes
        self._half_closed = True
        return self._owes_an_answer

    def on_response_complete(self) -> None:
        super().on_response_complete()  # begins with a request that came before its turn
        if self._half_closed and not self._owes_an_answer:
            self.transport.close()
        if self.transport.is_closing():
            self._within(UNREAD_SECONDS, self._unread)
        elif not self._at_work:
            self.guard.waits(self)

    def send_400_response(self, msg: str) -> None:
        # An answer begun cannot become another one.
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            super().send_400_response(msg)
        else:
            self.transport.abort()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._within(UNREAD_SECONDS, self._unread)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._at_work:
            self._at_ease()

    def cut(self, reason: str) -> None:
        """End it now, whatever is still to be sent."""
        CONNECTIONS_CUT.labels(reason).inc()
        self.transport.abort()

    @property
    def _at_work(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    @property
    def _owes_an_answer(self) -> bool:
        """Whether a request is whole and its answer, which has an end, is not."""
        if not self._at_work or self.cycle.more_body:
            return False
        extensions: dict[str, Any] = self.cycle.scope.get("extensions") or {}
        return ENDLESS not in extensions

    def _wait(self) -> None:
        self.guard.waits(self)
        self._within(HEAD_SECONDS, self._head_overdue)

    def _head_overdue(self) -> None:
        begun = bool(self.conn.trailing_data[0])
        if begun and self.conn.our_state is h11.IDLE:
            self.transport.write(_OVERDUE)
        self.cut("head")

    def _unread(self) -> None:
        self.cut("unread")

    def _within(self, seconds: float, otherwise: Callable[[], None]) -> None:
        self._at_ease()
        self._deadline = self.loop.call_later(seconds, otherwise)

    def _at_ease(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def guarded(base: type[P], most: int) -> type[P]:
    """The class *base* for one server, which holds at most *most* connections and its reserve."""
    return type(base.__name__, (base,), {"guard": Connections(most)})


def _only_health(app: Any) -> Any:
    """*app* for a connection from the reserve."""

    async def reserved(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] in HEALTH_PATHS:
            await app(scope, receive, send)
            return
        headers = {"Retry-After": "5", "Connection": "close"}
        detail = "As many connections are open as this instance serves; try again later."
        refused = problem(503, "Too many connections", detail, headers=headers)
        await refused(scope, receive, send)

    return reserved
