"""What users and handlers say, made fit for a record: bounded, and encodable as UTF-8.

Anything may come here, so nothing is called that its author could have redefined, but for
`__str__`, and whatever that raises is told instead. It happens in the worker that heard it: the
loop, the dead letter and the state only ever see words that fit.
"""

import traceback
from typing import Final

#: What the gateway takes as a title as well; a longer one is cut where a job is opened.
MOST_TITLE_CHARACTERS: Final = 255
MOST_NOTE_CHARACTERS: Final = 500
MOST_MESSAGE_CHARACTERS: Final = 2000
MOST_TRACE_CHARACTERS: Final = 8000
MOST_NAME_CHARACTERS: Final = 128
_ELLIPSIS: Final = "…"
#: The class's own name, past a metaclass that has another idea of it.
_NAME: Final = type.__dict__["__name__"]


def bounded(said: object, most: int) -> str:
    """*said* in at most *most* characters, the last an ellipsis if it had more; never raises."""
    if type(said) is str and len(said) <= most and said.isascii():
        return said  # nearly everything that is ever said
    try:
        text = str(said)
    except BaseException as error:  # noqa: BLE001 - an author's __str__ raises anything
        return f"({class_name(said)} without words: its __str__ raises {class_name(error)})"[:most]
    if str.__len__(text) <= most:
        return _encodable(str.__getitem__(text, slice(None)))
    return _encodable(str.__getitem__(text, slice(most - 1))) + _ELLIPSIS


def message_of(error: BaseException) -> str:
    """The message for people; an exception without words is told by its class."""
    return bounded(error, MOST_MESSAGE_CHARACTERS) or class_name(error)


def trace_of(error: BaseException, most: int = MOST_TRACE_CHARACTERS) -> str:
    """Where *error* came from, its notes included: the end of it, in *most* characters."""
    try:
        lines = "".join(traceback.format_exception(error))
    except BaseException:  # noqa: BLE001 - an author's exception may break the telling, too
        return ""
    return bounded(lines[-most:], most)


def class_name(thing: object) -> str:
    """The name of the class of *thing*."""
    return bounded(_NAME.__get__(type(thing)), MOST_NAME_CHARACTERS)


def _encodable(text: str) -> str:
    """*text* with halves of surrogate pairs joined, and U+FFFD for each that stands alone."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
