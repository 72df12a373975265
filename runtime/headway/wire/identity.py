"""Which attempt at its job a record is of, seen without reading the record.

Who takes records has to know it of each one before a worker opens it. Records of a job begin with
job_id and attempt, so two comparisons tell; versions that carry no attempt are of the first.
"""

from typing import Final

from headway.edges.kafka import Message
from headway.wire.codec import HEADER_BYTES, Codec
from headway.wire.envelope import FIRST_ATTEMPT, MOST_ATTEMPTS, encode_long
from headway.wire.leb128 import decode_unsigned

#: A number of 32 bits, seven bits a byte.
_MOST_BYTES: Final = 5
#: Shorter texts have their length in one byte.
_ONE_BYTE: Final = 64
_FIRST: Final = encode_long(FIRST_ATTEMPT)


class Attempts:
    """Of the records of one topic; safe to share by threads."""

    def __init__(self, codec: Codec, record: str) -> None:
        self._headers = codec.beginning_with(record, "job_id", "attempt")

    def of(self, message: Message) -> int:
        """The attempt *message* names; the first if it cannot be opened as a record of its key."""
        key, data = message.key() or b"", message.value() or b""
        # Nearly all: behind a job_id as long as the key stands the first, or it is none of its key.
        size = len(key)
        if size < _ONE_BYTE and data[HEADER_BYTES + 1 + size : HEADER_BYTES + 2 + size] == _FIRST:
            return FIRST_ATTEMPT
        job_id = encode_long(len(key)) + key
        if data[:HEADER_BYTES] not in self._headers or not data.startswith(job_id, HEADER_BYTES):
            return FIRST_ATTEMPT
        begin = HEADER_BYTES + len(job_id)
        zigzag = next(decode_unsigned(data[begin : begin + _MOST_BYTES]), 0)
        attempt = zigzag >> 1 if zigzag % 2 == 0 else 0
        return attempt if FIRST_ATTEMPT <= attempt <= MOST_ATTEMPTS else FIRST_ATTEMPT
