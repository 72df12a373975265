"""Which offsets of one partition are done, and how that is kept in the committed offset.

Jobs of a partition finish out of order. What is committed is the low watermark, the smallest
offset not done, and in the metadata of that commit the offsets above it that are done already:
a slow job holds back neither the commit of the others nor, after a restart, makes them run
twice. Brokers keep 4,096 bytes of metadata by default (offset.metadata.max.bytes), so the map is
the shorter of two forms, and `full` says when to stop taking records before neither form fits.

Forms, after the two characters of the tag, in base64url:
  `1r`  run lengths as unsigned LEB128 numbers from the watermark on: pending, done, pending, ...
  `1b`  a bitmap from the watermark on, least significant bit first; a set bit is done.
"""

import base64
import binascii
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise
from typing import Final

from headway.leb128 import encode_unsigned

METADATA_BYTES: Final = 4096
_RUNS: Final = "1r"
_BITS: Final = "1b"
#: Offsets a bitmap can cover in the metadata: 3 bytes in every 4 characters after the tag.
_BITMAP_SPAN: Final = (METADATA_BYTES - 4) // 4 * 3 * 8


class OffsetTracker:
    """Begun and done offsets of one partition; for one thread.

    `begin` is called with rising offsets, `finish` in any order. Offsets that Kafka skips
    (transaction markers, compacted records) never begin and need not finish.
    """

    def __init__(
        self, committed: int | None = None, metadata: str = "", *, reserve: int = 0
    ) -> None:
        """Start at *committed* (None: nothing is committed yet) with the map in *metadata*.

        *reserve* is how many offsets may still begin after `full` has turned true.

        Raises:
            ValueError: the metadata is not a map of done offsets.
        """
        self._begun: deque[int] = deque()
        self._done: set[int] = set()
        self._skip = frozenset() if committed is None else decode_done(committed, metadata)
        self._next_offset = committed
        # Where every record is a transaction of its own, a marker follows each.
        self._span_limit = _BITMAP_SPAN - 2 * reserve

    def begin(self, offset: int) -> bool:
        """Whether the record at *offset* has to be handled: false if it is done or begun."""
        if self._next_offset is not None and offset < self._next_offset:
            return False
        self._next_offset = offset + 1
        self._begun.append(offset)
        if offset in self._skip:
            self._done.add(offset)
            return False
        return True

    def finish(self, offset: int) -> None:
        self._done.add(offset)

    @property
    def committable(self) -> int | None:
        """The low watermark: the next offset to read after a restart; None if none is known."""
        begun, done = self._begun, self._done
        while begun and begun[0] in done:
            done.discard(begun.popleft())
        return begun[0] if begun else self._next_offset

    @property
    def pending(self) -> int:
        """How many offsets have begun and are not done."""
        return len(self._begun) - len(self._done)

    @property
    def span(self) -> int:
        """Offsets from the low watermark to the newest begun."""
        watermark = self.committable
        if watermark is None or self._next_offset is None:
            return 0
        return self._next_offset - watermark

    @property
    def full(self) -> bool:
        """Whether to stop taking records of this partition until the watermark has moved."""
        return self.span >= self._span_limit

    def metadata(self) -> str:
        """The done offsets above the watermark, for the metadata of the commit."""
        watermark, edge = self.committable, self._next_offset
        if watermark is None or edge is None:
            return ""
        later = sorted(offset for offset in self._skip if offset >= edge)
        if not later and not self._done:
            return ""
        begun = list(self._begun)
        for offset in later:
            if offset > edge:
                begun.append(edge)  # not read yet since the restart, so pending
            begun.append(offset)
            edge = offset + 1
        return encode_done(watermark, begun, self._done.union(later))


def encode_done(watermark: int, begun: Iterable[int], done: set[int] | frozenset[int]) -> str:
    """The map of *done* among the rising offsets *begun*; both begin at *watermark* or later."""
    runs = list(_runs(watermark, begun, done))
    as_runs = _RUNS + _text(b"".join(encode_unsigned(length) for length in runs))
    if len(as_runs) <= METADATA_BYTES // 8:
        return as_runs
    bits = bytearray(sum(runs) // 8 + 1)
    for offset in done:
        if offset >= watermark:
            bits[(offset - watermark) >> 3] |= 1 << ((offset - watermark) & 7)
    return min(as_runs, _BITS + _text(bytes(bits)), key=len)


def decode_done(watermark: int, metadata: str) -> frozenset[int]:
    """The offsets the map in *metadata* says are done; empty for empty metadata.

    Raises:
        ValueError: the metadata is not a map of done offsets.
    """
    if not metadata:
        return frozenset()
    tag, body = metadata[:2], metadata[2:]
    if tag not in {_RUNS, _BITS}:
        raise ValueError(f"offset metadata {metadata[:20]!r} is not a map of done offsets")
    try:
        data = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(f"offset metadata {metadata[:20]!r} is damaged: {error}") from error
    return frozenset(_from_runs(watermark, data) if tag == _RUNS else _from_bits(watermark, data))


def _runs(watermark: int, begun: Iterable[int], done: set[int] | frozenset[int]) -> Iterator[int]:
    """Lengths in offsets; a skipped offset counts with the run before it, it never comes back."""
    start = watermark
    groups = [(state, list(run)) for state, run in groupby(begun, key=done.__contains__)]
    if groups[0][0]:
        yield 0
    for (_, _), (_, following) in pairwise(groups):
        yield following[0] - start
        start = following[0]
    if groups[-1][0]:
        yield groups[-1][1][-1] + 1 - start


def _from_runs(watermark: int, data: bytes) -> Iterator[int]:
    start = watermark
    for index, length in enumerate(_from_leb128(data)):
        if index % 2:
            yield from range(start, start + length)
        start += length


def _from_bits(watermark: int, data: bytes) -> Iterator[int]:
    for index, byte in enumerate(data):
        for bit in range(8):
            if byte >> bit & 1:
                yield watermark + index * 8 + bit


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _from_leb128(data: bytes) -> Iterator[int]:
    number = shift = 0
    for byte in data:
        number |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            yield number
            number = shift = 0
