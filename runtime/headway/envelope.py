"""The envelope's bytes, written by hand: every stage writes it twice for every job.

The Avro specification's binary encoding: a long is zigzag and base 128, least significant group
first; a string its length and UTF-8; an array a count, the items and 0. A test holds these bytes
against the schema's own writer. Words and times that come again and again are kept encoded.
"""

from functools import lru_cache
from typing import Any, TypeAlias

from headway.leb128 import encode_unsigned

Envelope: TypeAlias = dict[str, Any]


def encode_envelope(envelope: Envelope) -> bytes:
    """The bytes of the fields of an envelope, in the order of its schema."""
    timeline = envelope["timeline"]
    job_id = envelope["job_id"].encode()
    return b"".join(
        (
            encode_long(len(job_id)),
            job_id,
            encode_long(envelope["attempt"]),
            encode_string(envelope["title"]),
            encode_long(envelope["submitted_at"]),
            encode_long(envelope["submitted_offset"]),
            encode_long(len(timeline)),
            *[_encode_step(step["status"], step["at"]) for step in timeline],
            b"\x00" if timeline else b"",
        )
    )


@lru_cache(maxsize=4096)
def encode_long(number: int) -> bytes:
    """*number*, a signed 64-bit integer."""
    return encode_unsigned(number << 1 ^ number >> 63)


@lru_cache(maxsize=1024)
def encode_string(text: str) -> bytes:
    data = text.encode()
    return encode_long(len(data)) + data


@lru_cache(maxsize=4096)
def _encode_step(status: str, at: int) -> bytes:
    return encode_string(status) + encode_long(at)
