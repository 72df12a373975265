"""Unsigned numbers in base 128, least significant group first, as Avro and others write them.

Seven bits a byte; the eighth says that more follow.
"""

from collections.abc import Iterator


def encode_unsigned(number: int) -> bytes:
    """*number*, not negative."""
    out = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits a byte
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def decode_unsigned(data: bytes) -> Iterator[int]:
    """The numbers in *data*, one behind the other; one that is cut off is left out."""
    number = shift = 0
    for byte in data:
        number |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            yield number
            number = shift = 0
