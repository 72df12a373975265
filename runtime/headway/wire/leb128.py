"""Unsigned numbers in base 128, least significant group first, as Avro and others write them."""


def encode_unsigned(number: int) -> bytes:
    """*number*, not negative; seven bits a byte, the eighth says that more follow."""
    out = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits a byte
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
