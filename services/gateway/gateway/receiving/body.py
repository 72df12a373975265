"""A request's body under guard: never more bytes than agreed, never waited for without end."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from gateway.receiving.refusals import Kind, Refusal, size_text, too_large

#: A client that sends nothing this long is gone or means harm; mobile networks stall for less.
IDLE_SECONDS: Final = 30.0
#: Slower is nobody's network; without it a byte now and then would hold a connection for ever.
LEAST_BYTES_PER_SECOND: Final = 10_000
#: The whole body, at 1.3 Mbit/s for the largest file by default.
BODY_SECONDS: Final = 600.0

_ENDING: Final = "The gateway is ending. Nothing was taken; send the same request again."


@dataclass(frozen=True, slots=True)
class Bound:
    """How large a body may be, and how long it may take.

    `slack_bytes` is what its form may add to the limit told; `advice` is told who exceeds it.
    """

    limit_bytes: int
    slack_bytes: int = 0
    advice: str = ""
    seconds: float = BODY_SECONDS

    @property
    def most_bytes(self) -> int:
        return self.limit_bytes + self.slack_bytes


def declared_bytes(request: Request, bound: Bound) -> int | None:
    """How large the body says it is, if it does.

    Raises:
        Refusal: it declares itself larger than *bound*.
    """
    declared = request.headers.get("content-length", "")
    if not (declared.isascii() and declared.isdigit()):
        return None
    size_bytes = int(declared[:20])  # no size has more digits, and Python refuses thousands
    if size_bytes > bound.most_bytes:
        raise too_large(size_text(size_bytes), bound.limit_bytes, advice=bound.advice)
    return size_bytes


async def bounded(request: Request, bound: Bound) -> AsyncGenerator[bytes, None]:
    """The body in chunks; one that declares itself too large is refused before it is read.

    Raises:
        Refusal: it is larger than *bound*, slower than `LEAST_BYTES_PER_SECOND` after the first
            `IDLE_SECONDS`, or nothing arrived for as long.
        ClientDisconnect: the client left.
    """
    declared_bytes(request, bound)
    chunks = request.stream()
    pace = _Pace(bound.seconds)
    while (chunk := await pace.next(chunks)) is not None:
        if pace.seen_bytes > bound.most_bytes:
            size = f"more than {size_text(bound.most_bytes)}"
            raise too_large(size, bound.limit_bytes, advice=bound.advice)
        yield chunk


class _Pace:
    """Waits for one body, as long as it comes on."""

    def __init__(self, seconds: float) -> None:
        self.seen_bytes = 0
        self._seconds = seconds
        self._now = asyncio.get_running_loop().time
        self._begun_at = self._now()

    async def next(self, chunks: AsyncGenerator[bytes, None]) -> bytes | None:
        try:
            async with asyncio.timeout_at(self._deadline()):
                chunk = await anext(chunks, None)
        except TimeoutError as error:
            raise self._refusal() from error
        except asyncio.CancelledError as error:
            # Only a server that ends does this; an answer is better than a cut connection.
            raise Refusal(Kind.NOT_TAKEN, _ENDING, headers={"Retry-After": "1"}) from error
        self.seen_bytes += len(chunk or b"")
        return chunk

    def _deadline(self) -> float:
        earned_seconds = IDLE_SECONDS + self.seen_bytes / LEAST_BYTES_PER_SECOND
        idle_at = self._now() + IDLE_SECONDS
        return min(idle_at, self._begun_at + min(earned_seconds, self._seconds))

    def _refusal(self) -> Refusal:
        took_seconds = self._now() - self._begun_at
        detail = (
            f"{self.seen_bytes:,} bytes of the body arrived in {took_seconds:.0f} s; send it "
            f"within {self._seconds:g} s, at {LEAST_BYTES_PER_SECOND:,} bytes/s or more, and "
            f"without stopping for {IDLE_SECONDS:g} s."
        )
        return Refusal(Kind.BODY_STALLED, detail)
