"""Dead letters as facts, from the headers that stages put beside a record."""

from collections.abc import Mapping
from typing import Final

from headway.auditing.facts import Letter, Position, digest_of, joined
from headway.auditing.reading.opening import Opening
from headway.base.errors import DecodeError, UnknownSchema
from headway.base.numbers import number_of
from headway.declared.pipeline import StageDeclaration
from headway.edges.kafka import Message
from headway.edges.messages import headers_of

_PREFIX: Final = "headway."
_Headers = Mapping[str, str | bytes | None]


def letter_of(
    message: Message, at: Position, stage: StageDeclaration, opening: Opening
) -> Letter | None:
    """The letter that *message* is; None if no stage wrote it."""
    headers: _Headers = dict(headers_of(message))
    partition, offset, attempt = (
        number_of(_text(headers, name)) for name in ("partition", "offset", "attempt")
    )
    if partition is None or offset is None or attempt is None:
        return None
    job_id, value = opening.opened(message, stage.source)
    return Letter(
        at,
        message.timestamp()[1],
        stage.index,
        job_id,
        attempt,
        opening.place(_text(headers, "topic"), partition, offset),
        _text(headers, "error.class"),
        opens=value is not None,
        submitted=_submitted(message, headers, opening),
        digest=_digest(message, headers),
    )


def _submitted(message: Message, headers: _Headers, opening: Opening) -> int:
    """When its job was submitted; the record's own time where no more is known."""
    try:
        return int(opening.carried(message).envelope["submitted_at"])
    except UnknownSchema:
        raise
    except DecodeError:
        told = number_of(_text(headers, "timestamp"))
        return message.timestamp()[1] if told is None else told


def _digest(message: Message, headers: _Headers) -> bytes | None:
    """A value that lies in the object store counts by the checksum its claim names."""
    if _text(headers, "claim.key") or _text(headers, "claim.missing"):
        return None
    try:
        claimed = bytes.fromhex(_text(headers, "claim.sha256"))
    except ValueError:
        return None
    if claimed:
        return joined(message.key(), claimed)
    return digest_of(message.key(), message.value())


def _text(headers: _Headers, name: str) -> str:
    value = headers.get(_PREFIX + name) or b""
    return value if isinstance(value, str) else value.decode("utf-8", "replace")
