"""Dead letters: the original bytes, unchanged, with origin and reason in the headers.

A letter always fits the topic it is for. Of a record that is too large for one, the largest
parts lie in the object store and the headers say where. Where they could not be put there, a
header says what is missing; the record itself stays at the place that the others name.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, NamedTuple, Protocol

from headway.edges.kafka import Headers, Message
from headway.edges.messages import headers_of
from headway.outcomes.springheaders import SPRING_PREFIX, spring_headers
from headway.taking.task import Task
from headway.wire.carried import Carried, CarriedRecords, FirstPlace, without
from headway.wire.envelope import Envelope
from headway.wire.route import Origin

PREFIX: Final = "headway."
#: Headers, behind the prefix, that name an object with a part: the value, the key, the headers.
CLAIM_NAMES: Final = ("claim", "claim.key", "claim.headers")
#: Key, value and headers of one letter. Above what `jobs.submitted` takes uncompressed, so only
#: what came compressed exceeds it.
MAX_LETTER_BYTES: Final = 2_000_000
#: For the producer: with the framing of a batch. A test holds it below what the topics declare.
MAX_BATCH_BYTES: Final = MAX_LETTER_BYTES + 64 * 1024
#: Of a letter, for the headers put here: twice a message of up to 8,000 bytes and a trace of up to
#: 32,000, and the job with 64 steps of up to 1,300 each.
OWN_BYTES: Final = 196_608


class Letter(NamedTuple):
    """One record for a dead-letter topic."""

    key: bytes | None
    value: bytes | None
    headers: Headers


class Claim(NamedTuple):
    """A part of a record that lies in the object store, because no dead letter can carry it.

    `part` is `value`, `headers` or `key`.
    """

    part: str
    key: str
    size_bytes: int
    sha256: str


class Reason(Protocol):
    """Why a record is given up, in words that are bounded and encodable."""

    @property
    def error_class(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def envelope(self) -> Envelope | None: ...
    @property
    def trace(self) -> str: ...
    @property
    def at(self) -> int: ...
    @property
    def claims(self) -> tuple[Claim, ...]: ...


def letter(task: Task, failed: Reason, origin: Origin, carried: CarriedRecords) -> Letter:
    """The record of *task* as a letter of at most `MAX_LETTER_BYTES`; never raises."""
    message, over = task.message, oversized(task.message)
    before = task.carried or Carried({}, FirstPlace.of(message))
    told = {**_reason(before.origin, failed, origin), **_claimed(failed.claims, over)}
    return Letter(
        key=b"" if "key" in over else message.key(),
        value=b"" if "value" in over else message.value(),
        headers=[
            *([] if "headers" in over else without(headers_of(message))),
            *(task.trace.beside if task.trace else ()),
            *((PREFIX + name, str(value).encode()) for name, value in told.items()),
            *_job(before, failed, carried),
            *spring_headers(
                before.origin,
                group=origin.group,
                error_class=failed.error_class,
                message=failed.message,
                trace=failed.trace,
            ),
        ],
    )


def original_headers(message: Message) -> Headers:
    """The headers of a dead letter that its record had before."""
    ours = (PREFIX, SPRING_PREFIX)
    return [(name, value) for name, value in headers_of(message) if not name.startswith(ours)]


def has_claim(message: Message) -> bool:
    """Whether parts of a dead letter's record lie elsewhere, or nowhere any more."""
    return any(name.startswith(f"{PREFIX}claim") for name, _ in headers_of(message))


def claimed(message: Message) -> list[str]:
    """The keys of the objects with parts of a dead letter's record, if its headers are true.

    Whoever may write to the topic may say anything there: a key may be none of any object.
    """
    names = {f"{PREFIX}{name}" for name in CLAIM_NAMES}
    values = [value or b"" for name, value in headers_of(message) if name in names]
    return [v if isinstance(v, str) else v.decode("utf-8", "replace") for v in values]


def oversized(message: Message) -> Mapping[str, bytes]:
    """The parts of a record that its letter cannot carry, by name; mostly none."""
    own = headers_of(message)
    sizes = {
        "value": len(message.value() or b""),
        "headers": sum(len(name.encode()) + len(value or b"") + 8 for name, value in own),
        "key": len(message.key() or b""),
    }
    excess = sum(sizes.values()) - (MAX_LETTER_BYTES - OWN_BYTES)
    over = {}
    for part in sorted(sizes, key=lambda part: -sizes[part]):
        if excess <= 0:
            break
        over[part] = _bytes_of(message, part)
        excess -= sizes[part]
    return over


def _job(before: Carried, failed: Reason, carried: CarriedRecords) -> list[tuple[str, bytes]]:
    """The job as it failed: a redrive needs nothing else. None where no job was named."""
    if failed.envelope is None:
        return []
    told = replace(
        before,
        envelope=failed.envelope,
        due_at=0,
        error_class=failed.error_class,
        message=failed.message,
    )
    return [carried.header(told)]


def _reason(first: FirstPlace, failed: Reason, origin: Origin) -> dict[str, object]:
    return {
        "topic": first.topic,
        "partition": first.partition,
        "offset": first.offset,
        "timestamp": first.timestamp,
        "group": origin.group,
        "stage": origin.stage,
        "attempt": failed.envelope["attempt"] if failed.envelope else 1,
        "error.class": failed.error_class,
        "error.message": failed.message,
        "error.trace": failed.trace,
        "failed.at": failed.at,
    }


def _claimed(claims: tuple[Claim, ...], over: Mapping[str, bytes]) -> dict[str, object]:
    """`claim` and its size and checksum for the value, `claim.key`, `claim.headers` likewise."""
    told: dict[str, object] = {}
    for claim in claims:
        name = "claim" if claim.part == "value" else f"claim.{claim.part}"
        told |= {
            name: claim.key,
            f"{name}.size": claim.size_bytes,
            f"{name}.sha256": claim.sha256,
        }
    missing = over.keys() - {claim.part for claim in claims}
    return {**told, "claim.missing": ", ".join(sorted(missing))} if missing else told


def _bytes_of(message: Message, part: str) -> bytes:
    if part == "headers":
        return _as_json(headers_of(message))
    return (message.value() if part == "value" else message.key()) or b""


def _as_json(headers: Headers) -> bytes:
    """Pairs of name and value, the values in base 64, since they may be any bytes."""
    pairs = [(name, base64.b64encode(_raw(value)).decode()) for name, value in headers]
    return json.dumps(pairs).encode()


def _raw(value: str | bytes | None) -> bytes:
    return value.encode() if isinstance(value, str) else value or b""
