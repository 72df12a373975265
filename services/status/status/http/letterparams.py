"""What a list of dead letters is asked for; every fault of a request is told at once."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, TypeVar

from starlette.datastructures import QueryParams

from headway.serving.problem import Fault
from status.answers.params import limit_of
from status.answers.refusal import Refusal
from status.letters.listing import Cursor, Selection

T = TypeVar("T")

_USUAL_LETTERS: Final = 50
_LONGEST_TEXT: Final = 200
_MS: Final = re.compile(r"[0-9]{1,15}")
_YES: Final = {"true": True, "false": False}


def selection_in(params: QueryParams) -> Selection:
    """What *params* ask for.

    Raises:
        Refusal: names every parameter that does not fit.
    """
    faults: list[Fault] = []

    def read(name: str, parse: Callable[[str], T], default: T) -> T:
        text = params.get(name)
        if not text:
            return default
        try:
            return parse(text)
        except ValueError as error:
            faults.append(Fault(name, str(error)))
            return default

    selection = Selection(
        stage=read("stage", _text, None),
        error_class=read("error_class", _text, None),
        since=read("since", _moment, None),
        until=read("until", _moment, None),
        job_id=read("job_id", _text, None),
        redrivable=read("redrivable", _flag, None),
        cursor=read("cursor", _cursor, None),
        limit=read("limit", limit_of, _USUAL_LETTERS),
    )
    if faults:
        raise Refusal.bad_request(*faults)
    return selection


def _text(text: str) -> str | None:
    if len(text) > _LONGEST_TEXT:
        raise ValueError(f"longer than {_LONGEST_TEXT} characters")
    return text


def _moment(text: str) -> int | None:
    """ISO 8601, in UTC where it names no offset, or milliseconds since the epoch."""
    if _MS.fullmatch(text):
        return int(text)
    try:
        # A plus that nobody encoded has become a space.
        moment = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    except ValueError as error:
        raise ValueError(f"{text[:40]!r} is no time such as 2026-01-31T12:00:00Z") from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def _flag(text: str) -> bool | None:
    if text not in _YES:
        raise ValueError(f"{text[:40]!r} is neither true nor false")
    return _YES[text]


def _cursor(text: str) -> Cursor | None:
    try:
        return Cursor.parse(text)
    except ValueError as error:
        raise ValueError(f"{text[:40]!r} is no `next_cursor` of an earlier page") from error
