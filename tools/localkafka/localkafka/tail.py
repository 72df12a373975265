"""The end of what a process said, for a message."""

from typing import Final

#: A stack trace of Kafka's with its cause fits.
_LINES: Final = 25


def tail(text: str) -> str:
    """The last lines of *text*, indented below the line of the message they follow."""
    return "".join(f"\n  {line}" for line in text.splitlines()[-_LINES:])
