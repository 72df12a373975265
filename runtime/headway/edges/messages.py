"""What the client hands over: the headers of a record, and notices in the place of records."""

from operator import methodcaller
from typing import Final

from headway.edges.kafka import Headers, KafkaError, Message

_UNREADABLE: Final = frozenset({KafkaError._BAD_COMPRESSION, KafkaError._BAD_MSG})  # noqa: SLF001 - their only names
#: Called as a method written in the code, the interpreter trusts the client once the place is warm,
#: and gives the list with holes although there was an error.
_CLIENT_HEADERS: Final = methodcaller("headers")
#: In place of headers that the client cannot give.
UNREADABLE_HEADERS: Final[Headers] = [
    ("headway.headers.unreadable", b"a name among them is no UTF-8"),
]


def headers_of(message: Message) -> Headers:
    """The headers of a received record; never raises.

    One name that is no UTF-8 makes the client fail for all of them. It keeps a list with holes,
    and whoever asks a second time and looks into it ends the process: the list is replaced.
    """
    try:
        headers = _CLIENT_HEADERS(message)
    except SystemError:
        message.set_headers(UNREADABLE_HEADERS)
        return list(UNREADABLE_HEADERS)
    return list(headers or [])


def is_end_of_partition(message: Message) -> bool:
    """Whether *message* is the client's notice that a partition is read to its end."""
    error = message.error()
    return error is not None and error.code() == KafkaError._PARTITION_EOF  # noqa: SLF001


def is_out_of_range(message: Message) -> bool:
    """Whether *message* is the client's notice that it cannot read on: its offset is not there."""
    error = message.error()
    return error is not None and error.code() == KafkaError._AUTO_OFFSET_RESET  # noqa: SLF001


def is_unreadable(message: Message) -> bool:
    """Whether *message* is the client's notice of a batch, at its offset, that it cannot read.

    The client does not go on behind it by itself.
    """
    error = message.error()
    return error is not None and error.code() in _UNREADABLE
