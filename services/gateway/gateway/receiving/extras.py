"""What a submission may say beside its file: when it may begin, and what it is found by."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from headway.serving.problem import Fault
from headway.wire.envelope import MOST_TAG_CHARACTERS, MOST_TAGS, checked_tags

_MS: Final = 1000
_RFC_3339: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_NUMBER: Final = re.compile(r"[0-9]{1,18}")
#: Early in 1973. Who counts in seconds by mistake means a time that lies below it.
_LEAST_MS: Final = 100_000_000_000
#: The end of the year 9999, as far as calendars go.
_MOST_MS: Final = 253_402_300_799_999
_EXAMPLE: Final = "give a time as 2026-12-01T22:00:00+01:00, or milliseconds since 1970"


def not_before_in(value: object, faults: list[Fault]) -> int | None:
    """The moment (ms) that *value* says, None where it says none; a fault is added to *faults*."""
    if value is None:
        return None
    try:
        return _moment(value)
    except ValueError as error:
        faults.append(Fault("not_before", str(error)))
        return None


def tags_in(values: Iterable[object], faults: list[Fault]) -> tuple[str, ...]:
    """*values* as tags, each once; what is wrong with them is added to *faults*."""
    given = [value.strip() if isinstance(value, str) else value for value in values]
    tags = tuple(dict.fromkeys(tag for tag in given if isinstance(tag, str)))
    wrong = [tag for tag in given if not isinstance(tag, str) or checked_tags([tag]) != [tag]]
    if wrong:
        shown = ", ".join(repr(tag)[:40] for tag in wrong[:3])
        rule = f"a tag has 1 to {MOST_TAG_CHARACTERS} characters of A-Z a-z 0-9 . _ : -"
        faults.append(Fault("tags", f"{shown}: {rule}"))
    if len(tags) > MOST_TAGS:
        faults.append(Fault("tags", f"are {len(tags)}; give at most {MOST_TAGS}"))
    return tags


def _moment(value: object) -> int:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return _checked(value)
    if not isinstance(value, str) or not _RFC_3339.fullmatch(value):
        raise ValueError(f"{repr(value)[:40]} is no time; {_EXAMPLE}")
    try:
        moment = datetime.fromisoformat(value.upper())
    except ValueError as error:
        raise ValueError(f"{value!r} is in no calendar; {_EXAMPLE}") from error
    return _checked(round(moment.timestamp() * _MS))


def _checked(ms: int) -> int:
    if 0 < ms < _LEAST_MS:
        raise ValueError(f"{ms} is in the year 1973 or before: are these seconds? {_EXAMPLE}")
    if not 0 <= ms <= _MOST_MS:
        raise ValueError(f"is not between the years 1970 and 9999; {_EXAMPLE}")
    return ms
