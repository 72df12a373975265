"""The envelope: its bounds, and its bytes, written by hand since every stage writes it twice a job.

Bounds are held where a record is opened and where a step is added, so that a job's states fit a
record and a reader's columns whatever a producer wrote.

The Avro specification's binary encoding: a long is zigzag and base 128, least significant group
first; a string its length and UTF-8; an array a count, the items and 0. A test holds these bytes
against the schema's own writer. Words and times that come again and again are kept encoded.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, Final, TypeAlias

from headway.base.errors import DecodeError
from headway.base.words import MOST_TITLE_CHARACTERS, bounded
from headway.wire.leb128 import encode_unsigned

Envelope: TypeAlias = dict[str, Any]

FIRST_ATTEMPT: Final = 1
#: Of the name of an order: what a customer is called, or a number.
MOST_ORDER_KEY_CHARACTERS: Final = 255
#: What is put on jobs to find them by: few, short, and of characters that need no quoting.
MOST_TAGS: Final = 16
MOST_TAG_CHARACTERS: Final = 64
_TAG: Final = re.compile(r"[A-Za-z0-9._:-]+")
#: An offset that cannot be known.
UNKNOWN: Final = -1
#: A pipeline has no more stages than that.
MOST_SOURCES: Final = 1000
#: Ranks of states are one signed 64-bit number, the attempt from bit 21.
MOST_ATTEMPTS: Final = 1_000_000
#: Years 1 to 9999, as calendars of most languages have them.
_EARLIEST_MS: Final = -62_135_596_800_000
_LATEST_MS: Final = 253_402_300_799_999
#: Steps a job carries: two a stage and attempt, so those of 15 attempts at two stages; of more the
#: first and the newest. What is read may have more: it is cut at the next step.
MOST_STEPS: Final = 64
_MOST_STEPS_READ: Final = 1000
#: Of what is said of a step: 64 of them, four bytes a character, are below a tenth of a record.
MOST_DETAIL_CHARACTERS: Final = 300
#: A status of any release: the pipeline of a newer one may have statuses unknown here.
_STATUS: Final = re.compile(r"[A-Z0-9_]+")
_MOST_STATUS_CHARACTERS: Final = 64
#: Branches of a union of null and string.
_NULL: Final = b"\x00"
_TEXT: Final = b"\x02"
#: Of an array: a block of one item, and that no other block follows.
_ONE: Final = b"\x02"
_END: Final = b"\x00"


def step_of(status: str, attempt: int, at: int, detail: str | None = None) -> dict[str, Any]:
    """A step of a timeline: *status* reached at *at* (ms); *detail* is told as text that fits."""
    told = None if detail is None else bounded(detail, MOST_DETAIL_CHARACTERS)
    return {"status": status, "at": at, "attempt": attempt, "detail": told}


def checked(envelope: Envelope) -> Envelope:
    """*envelope* as read, with its title cut to what a state carries.

    Raises:
        DecodeError: a field is outside what any stage writes.
    """
    timeline, submitted_at = envelope["timeline"], envelope["submitted_at"]
    offset = envelope["submitted_offset"]
    checked_attempt(envelope["attempt"])
    if offset < -1:
        raise _outside("submitted_offset", offset)
    if not _EARLIEST_MS <= submitted_at <= _LATEST_MS:
        raise _outside("submitted_at", submitted_at)
    if len(timeline) > _MOST_STEPS_READ:
        raise _outside("length of timeline", len(timeline))
    for step in timeline:
        status = step["status"]
        if len(status) > _MOST_STATUS_CHARACTERS or not _is_status(status):
            raise _outside("status", status)
        if not _EARLIEST_MS <= step["at"] <= _LATEST_MS:
            raise _outside("time of a step", step["at"])
        if not FIRST_ATTEMPT <= step["attempt"] <= MOST_ATTEMPTS:
            raise _outside("attempt of a step", step["attempt"])
        if step["detail"] is not None:
            step["detail"] = bounded(step["detail"], MOST_DETAIL_CHARACTERS)
    envelope["order_key"] = checked_order_key(envelope.get("order_key"))
    envelope["tags"] = checked_tags(envelope.get("tags", ()))
    envelope["sources"] = [max(offset, UNKNOWN) for offset in envelope.get("sources", ())]
    del envelope["sources"][MOST_SOURCES:]
    envelope["title"] = bounded(envelope["title"], MOST_TITLE_CHARACTERS)
    return envelope


def checked_order_key(order_key: str | None) -> str | None:
    """*order_key* as read, cut to what a job carries; an empty one is none."""
    return bounded(order_key, MOST_ORDER_KEY_CHARACTERS) if order_key else None


def checked_tags(tags: Sequence[str]) -> list[str]:
    """Those of *tags*, as read, that a job carries, each once."""
    if not tags:
        return []
    fit = (tag for tag in tags if len(tag) <= MOST_TAG_CHARACTERS and _TAG.fullmatch(tag))
    return list(islice(dict.fromkeys(fit), MOST_TAGS))


def taken(envelope: Envelope, stage_index: int, offset: int) -> list[int]:
    """The sources of a job whose record the stage of *stage_index* (from 1) took at *offset*."""
    before = envelope.get("sources", [])[: stage_index - 1]
    return [*before, *[UNKNOWN] * (stage_index - 1 - len(before)), offset]


def checked_attempt(attempt: int) -> int:
    """*attempt* as read.

    Raises:
        DecodeError: there is no such attempt.
    """
    if not FIRST_ATTEMPT <= attempt <= MOST_ATTEMPTS:
        raise _outside("attempt", attempt)
    return attempt


def opened_at(envelope: Envelope) -> int:
    """When the attempt was opened, ms: by its submission, or by sending the job back."""
    submitted_at: int = envelope["submitted_at"]
    attempt = envelope["attempt"]
    if attempt == FIRST_ATTEMPT:
        return submitted_at
    steps = (step["at"] for step in envelope["timeline"] if step["attempt"] == attempt)
    return max(next(steps, submitted_at), submitted_at)


def moment(timestamp_ms: int) -> int:
    """The nearest moment that calendars have: a producer's clock is no reason to refuse a job."""
    if _EARLIEST_MS <= timestamp_ms <= _LATEST_MS:
        return timestamp_ms
    return _EARLIEST_MS if timestamp_ms < _EARLIEST_MS else _LATEST_MS


@lru_cache(maxsize=256)
def _is_status(text: str) -> bool:
    return _STATUS.fullmatch(text) is not None


def _outside(name: str, value: object) -> DecodeError:
    return DecodeError(f"the envelope's {name} is {bounded(repr(value), 80)}: no stage writes it")


def grown(envelope: Envelope, *steps: dict[str, Any]) -> Envelope:
    """*envelope* with *steps* more; of more than a job carries the first and the newest stay."""
    return {**envelope, "timeline": _cut([*envelope["timeline"], *steps])}


def _cut(timeline: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(timeline) <= MOST_STEPS:
        return timeline
    return [timeline[0], *timeline[1 - MOST_STEPS :]]


def encode_envelope(envelope: Envelope, *steps: dict[str, Any]) -> bytes:
    """The bytes of the fields of *envelope*, *steps* added, in the order of its schema.

    Of more steps than a job carries the first and the newest stay.
    """
    timeline = _cut([*envelope["timeline"], *steps]) if steps else envelope["timeline"]
    job_id, order_key = envelope["job_id"].encode(), envelope.get("order_key")
    return b"".join(
        (
            encode_long(len(job_id)),
            job_id,
            encode_long(envelope["attempt"]),
            _NULL if order_key is None else _TEXT + encode_string(order_key),
            _encode_tags(tuple(tags)) if (tags := envelope.get("tags")) else _END,
            _encode_longs(envelope.get("sources", ())),
            encode_string(envelope["title"]),
            encode_long(envelope["submitted_at"]),
            encode_long(envelope["submitted_offset"]),
            encode_long(len(timeline)),
            *[_encode_step(s["status"], s["at"], s["attempt"], s["detail"]) for s in timeline],
            _END if timeline else b"",
        )
    )


@lru_cache(maxsize=4096)
def encode_long(number: int) -> bytes:
    """*number*, a signed 64-bit integer."""
    return encode_unsigned(number << 1 ^ number >> 63)


@lru_cache(maxsize=1024)
def encode_string(text: str) -> bytes:
    data = text.encode()
    return encode_long(len(data)) + data


@lru_cache(maxsize=1024)
def _encode_tags(tags: tuple[str, ...]) -> bytes:
    return encode_long(len(tags)) + b"".join(map(encode_string, tags)) + _END


def _encode_longs(numbers: Sequence[int]) -> bytes:
    if len(numbers) == 1:  # what most envelopes have that a first stage writes
        return _ONE + encode_long(numbers[0]) + _END
    if not numbers:
        return _END
    return encode_long(len(numbers)) + b"".join(map(encode_long, numbers)) + _END


@lru_cache(maxsize=4096)
def _encode_step(status: str, at: int, attempt: int, detail: str | None) -> bytes:
    told = _NULL if detail is None else _TEXT + encode_string(detail)
    return encode_string(status) + encode_long(at) + encode_long(attempt) + told
