"""Query parameters as values; every fault of a request is told at once."""

import re
from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar

from starlette.datastructures import QueryParams

from headway.serving.problem import Fault
from headway.wire.envelope import checked_tags
from status.answers.listing import Cursor, Selection
from status.answers.refusal import Refusal

T = TypeVar("T")

_MOST_JOBS: Final = 500
_USUAL_JOBS: Final = 50
_LONGEST_TEXT: Final = 200
_AFTER: Final = re.compile(r"([0-9]{1,5}):([0-9]{1,13})")


class After(NamedTuple):
    """A record of jobs.submitted that an answer must know of."""

    partition: int
    offset: int


def after_in(params: QueryParams, partitions: int) -> After | None:
    """`?after=P:O`, None if absent.

    Raises:
        Refusal: it is not of that form, or there is no such partition.
    """
    text = params.get("after")
    if text is None:
        return None
    match = _AFTER.fullmatch(text)
    if match is None or int(match[1]) >= partitions:
        detail = f"{text[:40]!r} is not partition:offset with a partition below {partitions}"
        raise Refusal.bad_request(Fault("after", detail))
    return After(int(match[1]), int(match[2]))


def selection_in(params: QueryParams, known_statuses: tuple[str, ...]) -> Selection:
    """What a list is asked for.

    Raises:
        Refusal: names every parameter that does not fit.
    """
    faults: list[Fault] = []

    def read(name: str, parse: Callable[[str], T], default: T) -> T:
        text = params.get(name)
        if text is None:
            return default
        try:
            return parse(text)
        except ValueError as error:
            faults.append(Fault(name, str(error)))
            return default

    statuses = tuple(dict.fromkeys(params.getlist("status")))
    unknown = [status for status in statuses if status not in known_statuses]
    if unknown:
        shown = ", ".join(repr(status[:40]) for status in unknown)
        faults.append(Fault("status", f"{shown}: not one of {', '.join(known_statuses)}"))
    selection = Selection(
        statuses=statuses,
        text=read("q", _text, ""),
        tag=read("tag", _tag, ""),
        cursor=read("cursor", _cursor, None),
        limit=read("limit", limit_of, _USUAL_JOBS),
    )
    if faults:
        raise Refusal.bad_request(*faults)
    return selection


def _text(text: str) -> str:
    if len(text) > _LONGEST_TEXT:
        raise ValueError(f"longer than {_LONGEST_TEXT} characters")
    return text.strip()


def _tag(text: str) -> str:
    if text and checked_tags([text]) != [text]:
        raise ValueError(f"{text[:40]!r} is no tag: 1 to 64 characters of A-Z a-z 0-9 . _ : -")
    return text


def _cursor(text: str) -> Cursor | None:
    try:
        return Cursor.parse(text)
    except ValueError as error:
        raise ValueError(f"{text[:40]!r} is no `next` of an earlier page") from error


def limit_of(text: str) -> int:
    """How many a page has.

    Raises:
        ValueError: it is not between 1 and 500.
    """
    if not re.fullmatch(r"[0-9]{1,6}", text) or not 1 <= int(text) <= _MOST_JOBS:
        raise ValueError(f"{text[:40]!r} is not between 1 and {_MOST_JOBS}")
    return int(text)
