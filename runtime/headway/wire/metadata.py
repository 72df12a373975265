"""What the metadata of a committed offset carries, as text of at most 4,096 bytes.

That is what brokers keep by default (offset.metadata.max.bytes). Four things are in it:

done       the offsets above the committed one that are done already
announced  how often each of some undone offsets was handed to a handler, counted durably
released   whether the owner let the partition go in order; without it a crash may have been
life       which process the owner is, so that its end can be told from a lost partition

Forms; what follows a tag is base64url:
  (empty)  nothing of all that
  `1r`     done as run lengths from the committed offset on, pending, done, pending, ... in
           unsigned LEB128; an unfinished number at the end means released
  `1b`     done as a bitmap from the committed offset on, least significant bit first; a set
           bit is done, and a last byte of zeros means released
  `3`      life: eight characters that name the process that committed, then one of the others
  `2`      announced, as pairs of LEB128 numbers (offsets from the one before to this, times),
           then a full stop and one of the forms above, or nothing

Empty metadata and the two maps alone are what earlier releases wrote; they stay readable.
"""

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby, pairwise
from typing import Final, NamedTuple

from headway.wire.leb128 import decode_unsigned, encode_unsigned

METADATA_BYTES: Final = 4096
#: Announced offsets a partition may have at once. Each takes at most 5 bytes: the distance 4 (a
#: span is far below 2^28), the times 1.
MOST_ANNOUNCED: Final = 32
_MOST_TIMES: Final = 0x7F
_ANNOUNCED_BYTES: Final = 2 + (5 * MOST_ANNOUNCED + 2) // 3 * 4
#: Offsets a bitmap can cover beside that: 3 bytes in every 4 characters after the tag, and one
#: byte for the mark.
BITMAP_SPAN: Final = ((METADATA_BYTES - _ANNOUNCED_BYTES - 13) // 4 * 3 - 1) * 8

_RUNS: Final = "1r"
_BITS: Final = "1b"
_ANNOUNCED: Final = "2"
_LIFE: Final = "3"
_LIFE_CHARACTERS: Final = 8
_UNFINISHED: Final = b"\x80"
#: A longer run of done offsets is damage: it would fill the memory.
_LONGEST_RUN: Final = 1 << 20


class CommitMetadata(NamedTuple):
    """What was told with a committed offset."""

    done: frozenset[int] = frozenset()
    announced: Mapping[int, int] = {}
    released: bool = False
    life: str = ""


def encode_life(life: str) -> str:
    """The part before all others; empty if there is none.

    Raises:
        ValueError: it has not eight characters.
    """
    if life and len(life) != _LIFE_CHARACTERS:
        raise ValueError(f"{life!r} has not {_LIFE_CHARACTERS} characters")
    return _LIFE + life if life else ""


def encode_announced(watermark: int, announced: Mapping[int, int]) -> str:
    """The part before the map, of those at *watermark* or later; empty if there are none."""
    data, before = bytearray(), watermark
    for offset in sorted(offset for offset in announced if offset >= watermark):
        data += encode_unsigned(offset - before)
        data += encode_unsigned(min(announced[offset], _MOST_TIMES))
        before = offset
    return f"{_ANNOUNCED}{_text(data)}." if data else ""


def encode_done(
    watermark: int,
    begun: Iterable[int],
    done: set[int] | frozenset[int],
    *,
    released: bool = False,
) -> str:
    """The map of *done* among the rising offsets *begun*; both begin at *watermark* or later."""
    runs = list(_runs(watermark, begun, done))
    mark = _UNFINISHED if released else b""
    as_runs = _RUNS + _text(b"".join(encode_unsigned(length) for length in runs) + mark)
    if len(as_runs) <= METADATA_BYTES // 8:
        return as_runs
    bits = bytearray(sum(runs) // 8 + 1)
    for offset in done:
        if offset >= watermark:
            bits[(offset - watermark) >> 3] |= 1 << ((offset - watermark) & 7)
    as_bits = bytes(bits).rstrip(b"\0") + (b"\0" if released else b"")
    return min(as_runs, _BITS + _text(as_bits), key=len)


def decode(watermark: int, metadata: str) -> CommitMetadata:
    """What was told with the commit of *watermark*.

    Raises:
        ValueError: somebody else wrote that, or it is damaged.
    """
    announced: dict[int, int] = {}
    life = ""
    if metadata.startswith(_LIFE):
        end = len(_LIFE) + _LIFE_CHARACTERS
        life, metadata = metadata[len(_LIFE) : end], metadata[end:]
    if metadata.startswith(_ANNOUNCED):
        head, stop, metadata = metadata.partition(".")
        if not stop:
            raise _foreign(head)
        announced = _announced(watermark, _bytes(head, len(_ANNOUNCED)))
    if not metadata:
        return CommitMetadata(announced=announced, life=life)
    data = _bytes(metadata, 2)
    if metadata.startswith(_RUNS):
        done = frozenset(_from_runs(watermark, data))
        return CommitMetadata(done, announced, data.endswith(_UNFINISHED), life)
    if metadata.startswith(_BITS):
        done = frozenset(_from_bits(watermark, data))
        return CommitMetadata(done, announced, data.endswith(b"\0"), life)
    raise _foreign(metadata)


def _announced(watermark: int, data: bytes) -> dict[int, int]:
    numbers = list(decode_unsigned(data))
    offset, announced = watermark, {}
    for distance, times in zip(numbers[::2], numbers[1::2], strict=True):
        offset += distance
        announced[offset] = times
    return announced


def _runs(watermark: int, begun: Iterable[int], done: set[int] | frozenset[int]) -> Iterator[int]:
    """Lengths in offsets; a skipped offset counts with the run before it, it never comes back."""
    start = watermark
    groups = [(state, list(run)) for state, run in groupby(begun, key=done.__contains__)]
    if not groups:
        return
    if groups[0][0]:
        yield 0
    for (_, _), (_, following) in pairwise(groups):
        yield following[0] - start
        start = following[0]
    if groups[-1][0]:
        yield groups[-1][1][-1] + 1 - start


def _from_runs(watermark: int, data: bytes) -> Iterator[int]:
    start = watermark
    for index, length in enumerate(decode_unsigned(data)):
        if index % 2:
            if length > _LONGEST_RUN:
                raise ValueError(f"offset metadata tells of {length} done offsets in a row")
            yield from range(start, start + length)
        start += length


def _from_bits(watermark: int, data: bytes) -> Iterator[int]:
    for index, byte in enumerate(data):
        for bit in range(8):
            if byte >> bit & 1:
                yield watermark + index * 8 + bit


def _text(data: bytes | bytearray) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _bytes(metadata: str, tag: int) -> bytes:
    body = metadata[tag:]
    try:
        return base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(f"offset metadata {metadata[:20]!r} is damaged: {error}") from error


def _foreign(metadata: str) -> ValueError:
    return ValueError(f"offset metadata {metadata[:20]!r} is not a map of done offsets")
