"""A reader of server-sent events as browsers are: it comes back by the last id it got.

A plain implementation of the parsing rules of the HTML standard ("event stream
interpretation"), written against the standard and not against the service.
"""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

import httpx
from support.waiting import DEADLINE_SECONDS

#: Longer than the service's heartbeat, so a silent stream counts as broken.
_READ_SECONDS = 20.0
_RETRY_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Event:
    """One event; `id` is the last id seen when it was dispatched, its own or an earlier one."""

    id: str
    event: str
    data: str

    def json(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.data)
        return value


class Parser:
    """Lines in, events out; keeps the last id, also of blocks without data."""

    def __init__(self, last_id: str = "") -> None:
        self.last_id = last_id
        self.retry_ms: int | None = None
        self.comments = 0
        self._type = ""
        self._data: list[str] = []

    def feed(self, lines: Iterable[str]) -> Iterator[Event]:
        for line in lines:
            if line:
                self._take(line)
                continue
            if self._data:
                yield Event(self.last_id, self._type or "message", "\n".join(self._data))
            self._type, self._data = "", []

    def _take(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "":
                self.comments += 1
            case "id":
                self.last_id = value
            case "event":
                self._type = value
            case "data":
                self._data.append(value)
            case "retry":
                self.retry_ms = int(value)


class SseClient:
    """Iterates over events for ever, over breaks and restarts; `close` from any thread ends it.

    `breaks` counts the streams that ended or could not be opened, `waits` the times it was told
    that it has to wait; `pauses` are each what it was told of what pauses stages, `ahead` how
    places and ends have moved. None is an event of a job, which a browser's page does not hear of
    unless it listens for that.
    """

    def __init__(self, url: str, *, last_id: str = "") -> None:
        self._url = url
        self._parser = Parser(last_id)
        self._closed = threading.Event()
        self._response: httpx.Response | None = None
        self.breaks = self.waits = 0
        self.pauses: list[list[dict[str, Any]]] = []
        self.ahead: list[Event] = []

    @property
    def last_id(self) -> str:
        return self._parser.last_id

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Event]:
        while not self._closed.is_set():
            try:
                yield from self._stream()
            except httpx.TransportError:
                pass
            except httpx.HTTPStatusError as error:
                if error.response.status_code < httpx.codes.INTERNAL_SERVER_ERROR:
                    raise
            self.breaks += 1
            self._closed.wait(_RETRY_SECONDS)

    def close(self) -> None:
        self._closed.set()
        self.cut()

    def cut(self) -> None:
        """Break the connection as a failing network does; the reader comes back."""
        response = self._response
        if response is None:
            return
        connection = response.extensions["network_stream"].get_extra_info("socket")
        with suppress(OSError):  # it may be broken already
            connection.shutdown(socket.SHUT_RDWR)

    def _stream(self) -> Iterator[Event]:
        headers = {"Last-Event-ID": self.last_id} if self.last_id else {}
        timeout = httpx.Timeout(_READ_SECONDS)
        with httpx.stream("GET", self._url, headers=headers, timeout=timeout) as response:
            response.raise_for_status()
            self._response = response
            try:
                for event in self._parser.feed(_lines(response.iter_bytes())):
                    if event.event == "waiting":
                        self.waits += 1
                    elif event.event == "pauses":
                        self.pauses.append(event.json()["pauses"])
                    elif event.event in {"expected", "lines"}:
                        self.ahead.append(event)
                    else:
                        yield event
            finally:
                self._response = None


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Lines end where the standard says; `str.splitlines` knows a dozen more ends."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line.removesuffix(b"\r").decode()


class SseRecorder:
    """An `SseClient` read by a thread of its own, so that a test can do other things meanwhile."""

    def __init__(self, url: str, *, last_id: str = "") -> None:
        self.client = SseClient(url, last_id=last_id)
        self.events: list[Event] = []
        self._arrived = threading.Condition()
        self._thread = threading.Thread(target=self._record, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self._thread.join(5)

    def wait_for(
        self, condition: Callable[[list[Event]], bool], *, seconds: float = DEADLINE_SECONDS
    ) -> None:
        """Wait until *condition* of all events so far holds."""
        deadline = time.monotonic() + seconds
        with self._arrived:
            while not condition(self.events):
                left = deadline - time.monotonic()
                shown = [(event.event, event.data[:120]) for event in self.events[-5:]]
                assert left > 0, f"not within {seconds} s; the last of {len(self.events)}: {shown}"
                self._arrived.wait(left)

    def _record(self) -> None:
        for event in self.client:
            with self._arrived:
                self.events.append(event)
                self._arrived.notify_all()
