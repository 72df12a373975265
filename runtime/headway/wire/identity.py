"""Which attempt at its job a record is of, and in whose order, seen without reading the record.

Who takes records has to know it of each one before a worker opens it. Records of a job begin with
job_id and attempt, so two comparisons tell; versions that carry no attempt are of the first. Behind
them stands the order key.

A job lies in the partition of its job_id, whatever writes of it. So a job that has an order gets a
job_id that falls into the partition of the order key: all jobs of one customer are in one
partition, and who wants something of a job finds it by its job_id alone.
"""

from collections.abc import Callable
from itertools import count
from typing import Final

from headway.edges.kafka import murmur2
from headway.wire.codec import HEADER_BYTES, Codec
from headway.wire.envelope import (
    FIRST_ATTEMPT,
    MOST_ATTEMPTS,
    MOST_ORDER_KEY_CHARACTERS,
    encode_long,
)
from headway.wire.leb128 import decode_unsigned

#: A number of 32 bits, seven bits a byte.
_MOST_BYTES: Final = 5
#: Shorter texts have their length in one byte.
_ONE_BYTE: Final = 64
_BEHIND_LENGTH: Final = HEADER_BYTES + 1
_FIRST: Final = encode_long(FIRST_ATTEMPT)
#: The branch of a text in a union with null.
_TEXT: Final = b"\x02"
#: A character is four bytes of UTF-8 at most.
_MOST_KEY_BYTES: Final = 4 * MOST_ORDER_KEY_CHARACTERS


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


class OrderKeys:
    """Of the records of one topic, which begin with job_id, attempt and order_key; stateless."""

    def __init__(self, codec: Codec, record: str) -> None:
        self._headers = codec.beginning_with(record, "job_id", "attempt", "order_key")

    def of(self, key: bytes, data: bytes) -> bytes | None:
        """The order key that value *data* names; None if it names none, or is no record of *key*.

        Of one that is longer than a job carries only the beginning counts.
        """
        job_id = encode_long(len(key)) + key
        if data[:HEADER_BYTES] not in self._headers or not data.startswith(job_id, HEADER_BYTES):
            return None
        at = _behind_number(data, HEADER_BYTES + len(job_id))
        if data[at : at + 1] != _TEXT:
            return None
        zigzag = next(decode_unsigned(data[at + 1 : at + 1 + _MOST_BYTES]), 0)
        begin = _behind_number(data, at + 1)
        return data[begin : begin + min(zigzag >> 1, _MOST_KEY_BYTES)] or None


def partition_of(key: str, partitions: int) -> int:
    """Where every producer's usual partitioner puts records of *key*."""
    return murmur2(key.encode(), partitions)


def job_id_beside(order_key: str, partitions: int, make: Callable[[], str]) -> str:
    """The first of the ids that *make* gives which falls into the partition of *order_key*.

    Takes as many as there are partitions, on average.
    """
    wanted = partition_of(order_key, partitions)
    return next(made for made in iter(make, None) if partition_of(made, partitions) == wanted)


def job_id_of(name: str, order_key: str, partitions: int) -> str:
    """*name*, a job_id of its producer's own, with the least number behind it that puts it there.

    The same for the same, so a producer may repeat itself.
    """
    numbers = count(1)
    return job_id_beside(order_key, partitions, lambda: f"{name}.{next(numbers)}")


def _behind_number(data: bytes, at: int) -> int:
    while at < len(data) and data[at] & 0x80:
        at += 1
    return at + 1
