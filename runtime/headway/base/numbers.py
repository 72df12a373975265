"""Numbers that come as text from anywhere, as in headers of records."""

from typing import Final

#: What a long of Kafka holds: an offset, a time in milliseconds.
MOST_LONG: Final = 2**63 - 1


def number_of(text: str | None, most: int = MOST_LONG) -> int | None:
    """The number that *text* writes in ASCII digits; None where it is none, or above *most*.

    Never raises: `int` alone refuses thousands of digits by a ValueError and takes the digits of
    every script, blanks and underscores.
    """
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > len(str(most)):
        return None
    number = int(text)
    return number if number <= most else None
