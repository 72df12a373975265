"""A request's body under guard: never more bytes than agreed, never waited for without end."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from gateway.refusals import Kind, Refusal, size_text, too_large

#: A client that sends nothing this long is gone or means harm; mobile networks stall for less.
IDLE_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Bound:
    """How large a body may be.

    `slack_bytes` is what its form may add to the limit told; `advice` is told who exceeds it.
    """

    limit_bytes: int
    slack_bytes: int = 0
    advice: str = ""

    @property
    def most_bytes(self) -> int:
        return self.limit_bytes + self.slack_bytes


async def bounded(request: Request, bound: Bound) -> AsyncGenerator[bytes, None]:
    """The body in chunks; one that declares itself too large is refused before it is read.

    Raises:
        Refusal: it is larger than *bound*, or nothing arrived for `IDLE_SECONDS`.
        ClientDisconnect: the client left.
    """
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared) > bound.most_bytes:
        raise too_large(size_text(int(declared)), bound.limit_bytes, advice=bound.advice)
    chunks = request.stream()
    seen_bytes = 0
    while (chunk := await _next(chunks)) is not None:
        seen_bytes += len(chunk)
        if seen_bytes > bound.most_bytes:
            size = f"more than {size_text(bound.most_bytes)}"
            raise too_large(size, bound.limit_bytes, advice=bound.advice)
        yield chunk


async def _next(chunks: AsyncGenerator[bytes, None]) -> bytes | None:
    try:
        async with asyncio.timeout(IDLE_SECONDS):
            return await anext(chunks, None)
    except TimeoutError as error:
        detail = f"No byte of the body arrived for {IDLE_SECONDS:g} s; send the request again."
        raise Refusal(Kind.BODY_STALLED, detail) from error
