"""Objects that hold what a dead letter could not carry."""

from typing import Final

from headway.edges.kafka import Message
from headway.edges.messages import headers_of

_NAMES: Final = frozenset({"headway.claim", "headway.claim.key", "headway.claim.headers"})


def claimed(letter: Message) -> list[str]:
    """Their keys, as the headers of *letter* say."""
    values = [value for name, value in headers_of(letter) if name in _NAMES]
    return [value.decode() if isinstance(value, bytes) else value or "" for value in values]
