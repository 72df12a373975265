"""Bodies that are too large or do not come: refused as soon as that is known."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from support.gateway.problems import problem_in

from gateway.receiving import body

Submit = Callable[..., httpx.Response]

FORM = {"Content-Type": "multipart/form-data; boundary=B"}
HALF_A_FORM = b'--B\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\na,b\r\n'


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        ({"files": {"file": ("a.csv", b"x" * 2_000_001)}}, "2.0 MB (2,000,001 bytes)"),
        ({"files": {"file": ("a.csv", b"x" * 3_000_000)}}, "3.0 MB (3,000,"),
        ({"json": {"title": "a", "content": "x" * 10_001}}, "Send larger files as multipart"),
    ],
    ids=["by-its-file", "by-content-length", "json"],
)
def test_an_upload_above_the_limit_is_refused_naming_both_sizes(
    submit: Submit, request_: dict[str, Any], told: str
) -> None:
    """413 tells how large it is and how large it may be."""
    # Given more than may be sent, when it is sent
    problem = problem_in(submit(**request_), 413, "upload-too-large")

    # Then both its size and the limit are told
    assert told in problem["detail"]
    assert "the limit is " in problem["detail"]


def test_an_upload_of_unknown_length_is_refused_as_soon_as_it_passes_the_limit(
    submit: Submit,
) -> None:
    """Without Content-Length the bytes are counted, and what follows is not parsed."""
    # Given a body far above the limit whose client does not say how long it is
    handed_out: list[int] = []

    async def endless() -> AsyncIterator[bytes]:
        yield HALF_A_FORM
        for number in range(1000):
            handed_out.append(number)
            yield b"x" * 100_000

    # When it is sent
    problem = problem_in(submit(content=endless(), headers=FORM), 413, "upload-too-large")

    # Then it is refused without being read to its end
    assert "more than" in problem["detail"]
    # 2 MB until it is refused and twice that read on for the client's sake.
    assert len(handed_out) < 70


def test_a_body_that_stops_arriving_is_given_up(
    submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """408 frees the connection of a client that went silent."""
    # Given a client that goes silent within its body
    monkeypatch.setattr(body, "IDLE_SECONDS", 0.05)
    monkeypatch.setattr("gateway.receiving.linger.LINGER_SECONDS", 0.05)

    async def stalling() -> AsyncIterator[bytes]:
        yield HALF_A_FORM
        await asyncio.sleep(60)

    # When it has been waited for, then it is given up
    problem_in(submit(content=stalling(), headers=FORM), 408, "body-stalled")
