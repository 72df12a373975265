"""Server-sent events as bytes. Pure."""

import json
from typing import Final

#: How long a browser waits before it comes back.
RETRY_MS: Final = 1000
#: A comment keeps proxies from closing a quiet stream, and tells a dead connection.
HEARTBEAT_SECONDS: Final = 15.0
HEARTBEAT: Final = b": still here\n\n"
#: First bytes of every stream; they also push the headers through proxies that wait for a body.
OPENING: Final = b"retry: %d\n\n" % RETRY_MS


def event(name: str, data: bytes) -> bytes:
    """One event; *data* is JSON on one line, so it needs no splitting."""
    return b"event: %b\ndata: %b\n\n" % (name.encode(), data)


def with_id(encoded: bytes, position: object) -> bytes:
    """The event *encoded*, which also says how far its reader has come."""
    return b"id: %b\n%b" % (str(position).encode(), encoded)


def mark(position: object) -> bytes:
    """Tells how far the reader has come, and nothing else: no event reaches the page."""
    return b"id: %b\n\n" % str(position).encode()


def waiting(reason: str) -> bytes:
    """Says why nothing comes; without an id, as nothing was seen."""
    return event("waiting", json.dumps({"reason": reason}).encode())
