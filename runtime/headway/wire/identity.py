"""Which attempt at its job a record is of, seen without reading the record.

Who takes records has to know it of each one before a worker opens it. Records of a job begin with
job_id and attempt, so two comparisons tell; versions that carry no attempt are of the first.
"""

from typing import Final

from headway.wire.codec import HEADER_BYTES, Codec
from headway.wire.envelope import FIRST_ATTEMPT, MOST_ATTEMPTS, encode_long
from headway.wire.leb128 import decode_unsigned

#: A number of 32 bits, seven bits a byte.
_MOST_BYTES: Final = 5
#: Shorter texts have their length in one byte.
_ONE_BYTE: Final = 64
_BEHIND_LENGTH: Final = HEADER_BYTES + 1
_FIRST: Final = encode_long(FIRST_ATTEMPT)


class Attempts:
    """Of the records of one topic; safe to share by threads."""

    def __init__(self, codec: Codec, record: str) -> None:
        self._headers = codec.beginning_with(record, "job_id", "attempt")

    def of(self, key: bytes, data: bytes) -> int:
        """The attempt that value *data* names; the first if it is no such record of *key*."""
        # Nearly all: behind a job_id as long as the key stands the first, or it is none of its key.
        size = len(key)
        if size < _ONE_BYTE and data.startswith(_FIRST, _BEHIND_LENGTH + size):
            return FIRST_ATTEMPT
        job_id = encode_long(size) + key
        if data[:HEADER_BYTES] not in self._headers or not data.startswith(job_id, HEADER_BYTES):
            return FIRST_ATTEMPT
        begin = HEADER_BYTES + len(job_id)
        zigzag = next(decode_unsigned(data[begin : begin + _MOST_BYTES]), 0)
        attempt = zigzag >> 1 if zigzag % 2 == 0 else 0
        return attempt if FIRST_ATTEMPT <= attempt <= MOST_ATTEMPTS else FIRST_ATTEMPT
