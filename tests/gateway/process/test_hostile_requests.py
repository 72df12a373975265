"""Some thousand requests that mean no good, each drawn from a seed: none is an error of ours."""

import asyncio
import encodings.aliases
import random
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

import httpx
from starlette.types import ASGIApp, Message
from support.waiting import DEADLINE_SECONDS

from gateway.app import Gateway

T = TypeVar("T")

SEEDS: Final = range(4000)
#: What a request may be answered with while Kafka and the store are well.
ANSWERS: Final = frozenset({200, 202, 400, 403, 404, 405, 409, 413, 415, 421, 422})
CHARSETS: Final = sorted(
    {
        *encodings.aliases.aliases,
        *encodings.aliases.aliases.values(),
        *("undefined", "idna", "punycode", "unicode_escape", "raw_unicode_escape", "utf-8-sig"),
        *("", '""', "x" * 5000, "utf\x008", "../../etc", "\xff\xfe", "utf-8; charset=undefined"),
    }
)
DATA: Final = b"a,b\n1,2\n"


class Hostile:
    """One request, drawn from a seed."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)
        self.method = self._one_of("POST", "PUT", "GET", "\xe4")
        self.path = self._one_of("/generate-file", "/", "/livez", "/\ud800", "/%00")
        body, content_type = self._json() if self._sometimes(0.2) else self._form()
        self.body = self._spoilt(body)
        self.headers = [(b"content-type", content_type), (b"host", self._host())]
        self.headers += list(self._more_headers())

    def chunks(self) -> Iterator[Message]:
        """The body in pieces; sometimes the client leaves before its end."""
        left = self.body
        while left and not self._sometimes(0.02):
            size = self._draw.randrange(1, 2 * len(left) + 2)
            piece, left = left[:size], left[size:]
            yield {"type": "http.request", "body": piece, "more_body": bool(left)}
        if self.body and not left:
            return
        if left:
            yield {"type": "http.disconnect"}
        yield {"type": "http.request", "body": b"", "more_body": False}

    def _form(self) -> tuple[bytes, bytes]:
        boundary = self._one_of(
            b"B", b"", b"-" * 70, b"x" * 3000, b"\xff\x00", b'"q"', self._noise(9)
        )
        parts = [self._part() for _ in range(self._one_of(1, 0, 2, 3, 20))]
        whole = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts)
        options = b"; boundary=" + boundary if not self._sometimes(0.03) else b""
        if self._sometimes(0.4):
            options += b"; charset=" + self._one_of("utf-8", *CHARSETS).encode("utf-8", "replace")
        media_type = self._one_of(b"multipart/form-data", self._noise(20))
        return whole + b"--" + boundary + b"--\r\n", media_type + options

    def _part(self) -> bytes:
        name = self._one_of(b"file", b"delimiter", b"", self._noise(8), b"x" * 9000)
        filename = self._one_of(
            b'; filename="a.csv"', b"", b'; filename="', b"; filename=",
            b"; filename*=utf-8''%ff%fe", b"; filename*=undefined''x", b"; filename*0=a",
            b'; filename="' + self._noise(30) + b'"', b'; filename="=?utf-7?b?//8=?="',
            b'; filename="\xed\xa0\x80.csv"', b'; filename="' + b"y" * 5000 + b'"',
        )  # fmt: skip
        disposition = b'Content-Disposition: form-data; name="' + name + b'"' + filename
        head = self._one_of(disposition, self._noise(40), disposition + b"\r\n" + disposition)
        data = self._one_of(DATA, b"", b",", self._noise(50), b"\xff\xfe\x00", DATA * 20_000)
        return head + b"\r\n\r\n" + data

    def _json(self) -> tuple[bytes, bytes]:
        text = self._one_of(
            b'{"title": "a.csv", "content": "a,b"}', b"{", b"[" * 5000, b'"\\ud800"', b"nul",
            b'{"title": "\\ud800", "content": "\\udfff"}', b"\xff\xfe{\x00}\x00", b"9" * 5000,
            b'{"title": "a", "content": "a", "delimiter": "\\ud800"}', b"NaN", b"1e999",
            b'{"title": {}, "content": []}',
        )  # fmt: skip
        return text, b"application/json" + self._one_of(b"", b"; charset=undefined", b";;;=")

    def _spoilt(self, body: bytes) -> bytes:
        if self._sometimes(0.3) and body:
            place = self._draw.randrange(len(body))
            return body[:place] + self._noise(4) + body[place + self._draw.randrange(5) :]
        return body[: self._draw.randrange(len(body) + 1)] if self._sometimes(0.1) else body

    def _host(self) -> bytes:
        return self._one_of(b"localhost", self._noise(10), b"[::1", b"a:b:c", b"evil.example")

    def _more_headers(self) -> Iterator[tuple[bytes, bytes]]:
        if self._sometimes(0.2):
            yield (
                b"idempotency-key",
                self._one_of(b"k", b"", b"\xff", b'"', b"x" * 300, self._noise(9)),
            )
        if self._sometimes(0.1):
            yield (
                b"origin",
                self._one_of(b"null", b"", b"http://[", b"http://localhost", self._noise(9)),
            )
        if self._sometimes(0.1):
            yield b"content-encoding", self._one_of(b"gzip", b"identity", self._noise(5))
        if self._sometimes(0.3):
            length = str(len(self.body)).encode()
            yield b"content-length", self._one_of(length, b"9" * 30, "²".encode("latin-1"), b"-1")

    def _noise(self, most: int) -> bytes:
        return self._draw.randbytes(self._draw.randrange(most + 1))

    def _sometimes(self, share: float) -> bool:
        return self._draw.random() < share

    def _one_of(self, usual: T, *others: T) -> T:
        """Mostly the usual, so that few things are wrong at once and the later ones are met."""
        return usual if self._sometimes(0.7) else self._draw.choice(others)


async def _answer(app: ASGIApp, hostile: Hostile) -> int:
    """The status it is answered with; what the application raises is raised."""
    told: list[int] = []
    chunks = hostile.chunks()

    async def receive() -> Message:
        return next(chunks, {"type": "http.disconnect"})

    async def send(message: Message) -> None:
        await asyncio.sleep(0)
        if message["type"] == "http.response.start":
            told.append(message["status"])

    scope = {
        "type": "http",
        "method": hostile.method,
        "path": hostile.path,
        "query_string": b"",
        "headers": hostile.headers,
    }
    async with asyncio.timeout(DEADLINE_SECONDS):
        await app(scope, receive, send)
    (status,) = told
    return status


def test_no_malformed_request_is_an_error_of_ours_or_a_hang(gateway: Gateway) -> None:
    """Each is answered once, as taken or as refused; none raises, none waits."""

    # Given the seeds, when what they draw is sent
    async def send_all() -> dict[int, int]:
        app = gateway.app()
        return {seed: await _answer(app, Hostile(seed)) for seed in SEEDS}

    answered = asyncio.run(send_all())

    # Then no answer says that something here went wrong
    assert {seed: status for seed, status in answered.items() if status not in ANSWERS} == {}
    # And the requests were no fakes: some are taken, many are refused for what they are
    counts = Counter(answered.values())
    assert all(counts[status] > 50 for status in (202, 400, 415, 422)), counts


def test_a_form_in_an_unusual_writing_is_refused_or_read(
    submit: Callable[..., httpx.Response],
) -> None:
    """Whatever Python knows by that name: no codec of the client's choice runs over the body."""
    # Given a form that is said to be written in one of many ways, existing and not
    part = (
        b'--B\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\na,b\r\n--B--\r\n'
    )

    def status(charset: str) -> int:
        content_type = b"multipart/form-data; boundary=B; charset=" + charset.encode()
        return submit(content=part, headers=[(b"Content-Type", content_type)]).status_code

    # When it is sent in each of them
    answered = {charset: status(charset) for charset in CHARSETS}

    # Then it is read as UTF-8 or refused, and never an error
    assert set(answered.values()) == {202, 415}
    assert (answered["utf8"], answered["undefined"], answered["utf_16"]) == (202, 415, 415)
