"""The end of all that is kept of a job: a record of job-state without a value.

Its header says up to which attempt there was, so a further submission of what was done before is
still known for a duplicate. One that people wrote by hand has none: of such a job nothing is known.
"""

from typing import Final

from headway.edges.kafka import Headers, Message
from headway.edges.messages import headers_of

#: The header's name.
FORGOTTEN: Final = "headway.forgotten"
_MOST_DIGITS: Final = 7


def tombstone_headers(attempt: int) -> Headers:
    """The headers of the tombstone of a job that was done in *attempt*."""
    return [(FORGOTTEN, b"%d" % attempt)]


def attempt_forgotten(message: Message) -> int:
    """The attempt that a tombstone names; 0 if it names none."""
    found = [value for name, value in headers_of(message) if name == FORGOTTEN]
    if not found or not found[-1]:
        return 0
    value = found[-1]
    text = value if isinstance(value, str) else value.decode("ascii", "replace")
    return int(text) if text.isdecimal() and text.isascii() and len(text) <= _MOST_DIGITS else 0
