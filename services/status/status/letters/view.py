"""Dead letters as JSON."""

import base64
from typing import Final

from headway.edges.kafka import Message
from headway.edges.messages import headers_of
from status.answers.views import JsonObject, iso
from status.letters.listing import Count, Shown

#: Of a letter's value; the rest is Kafka's to give (`headway dead-letters export`).
MOST_VALUE_BYTES: Final = 64 * 1024


def item(shown: Shown) -> JsonObject:
    """A letter in a list."""
    told = shown.letter._asdict()
    del told["at"]
    return {
        **told,
        "failed_at": iso(shown.letter.failed_at),
        "redrivable": bool(shown.retry_available),
        "retry_available": shown.retry_available,
    }


def whole(shown: Shown, message: Message) -> JsonObject:
    """A letter with its bytes, as far as they are shown."""
    value = message.value()
    return {
        **item(shown),
        "key": None if message.key() is None else _text_or_bytes(message.key()),
        "headers": [[name, _text_or_bytes(value)] for name, value in headers_of(message)],
        "value": None if value is None else _base64(value[:MOST_VALUE_BYTES]),
        "cut": value is not None and len(value) > MOST_VALUE_BYTES,
    }


def summary(counts: list[Count]) -> JsonObject:
    """How many there are."""
    return {
        "total": sum(count.letters for count in counts),
        "counts": [
            {"stage": c.stage, "error_class": c.error_class, "count": c.letters} for c in counts
        ],
    }


def _text_or_bytes(value: str | bytes | None) -> object:
    if value is None or isinstance(value, str):
        return value
    try:
        return value.decode()
    except UnicodeDecodeError:
        return {"base64": _base64(value)}


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
