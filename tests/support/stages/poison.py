"""Records no stage should ever be given, and what has to become of each.

A fate is COMPLETED (hostile, yet a good job), FAILED (the job fails, with one dead letter),
LETTER (a dead letter and nothing more: no job is named, or the job has its state already) or
ENDED (the stage may decide; it has to decide once).
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final

from headway.wire.codec import Codec
from headway.wire.leb128 import encode_unsigned

SUBMITTED: Final = "jobs.submitted"
PROFILED: Final = "jobs.p1-done"
_STAGE_OF: Final = {SUBMITTED: "p1", PROFILED: "p2"}
#: What `jobs.submitted` takes in one record that does not shrink, with framing left out.
_FULL_BYTES: Final = 1_048_400
_MB: Final = 1_000_000
#: The branch of a union that says nothing.
_NULL: Final = b"\x00"


class Fate(Enum):
    COMPLETED = auto()
    FAILED = auto()
    LETTER = auto()
    ENDED = auto()


@dataclass(frozen=True, slots=True)
class Poison:
    """One record; `stage` is the one that has to give it up."""

    name: str
    fate: Fate
    key: bytes | None
    value: bytes | None
    topic: str = SUBMITTED
    headers: list[tuple[str, str | bytes | None]] = field(default_factory=list)

    @property
    def stage(self) -> str:
        return _STAGE_OF[self.topic]


class Kitchen:
    """Makes poison: every value is bytes that a real producer could send."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec

    def submission(self, job_id: str, **changed: Any) -> bytes:
        value = {"title": "ok", "delimiter": None, "source": {"content": b"a\n1\n"}}
        return self._codec.encode("job-submitted", {"job_id": job_id, **value, **changed})

    def profiled(self, job_id: str, *, rows: bytes = b"\x02", **changed: bytes) -> bytes:
        """A profile-done written field by field: any of them can be what no codec writes."""
        fields = {
            "job_id": _string(job_id.encode()),
            "attempt": _long(1),
            "order_key": b"\x00",
            "title": _string(b"ok"),
            "submitted_at": _long(1_764_000_000_000),
            "submitted_offset": _long(7),
            "timeline": _long(1) + _step(b"QUEUED", 1_764_000_000_000) + b"\x00",
            "profile": _string(b"k") + _long(1),
            "rows": rows,
            "columns": _long(1),
        }
        return self._codec.header("profile-done") + b"".join((fields | changed).values())

    def raw_submission(self, job_id: bytes, title: bytes, rest: bytes) -> bytes:
        return self._codec.header("job-submitted") + job_id + _long(1) + b"\x00" + title + rest

    def records(self) -> list[Poison]:
        """One of each kind."""
        return [
            *self._no_avro(),
            *self._broken_avro(),
            *self._keys(),
            *self._sizes(),
            *self._texts(),
            *self._envelopes(),
        ]

    def under_the_key_of(self, job_id: str) -> list[Poison]:
        """What must change nothing for a job that has ended."""
        key = job_id.encode()
        return [
            Poison("garbage, ended", Fate.LETTER, key, b"garbage"),
            Poison("tombstone, ended", Fate.LETTER, key, None),
            Poison("garbage, ended, p2", Fate.LETTER, key, b"garbage", PROFILED),
            Poison("tombstone, ended, p2", Fate.LETTER, key, None, PROFILED),
        ]

    def _no_avro(self) -> Iterator[Poison]:
        values = {
            "garbage": b"\xde\xad\xbe\xef",
            "empty": b"",
            "null": None,
            "marker": b"\xc3\x01",
            "json": b'{"job_id": "x"}',
            "unknown": b"\xc3\x01" + b"unknown!" + b"\x02",
        }
        for topic in (SUBMITTED, PROFILED):
            for name, value in values.items():
                yield _failed(f"{name}-{_STAGE_OF[topic]}", value, topic)

    def _broken_avro(self) -> Iterator[Poison]:
        good, long = self.submission("cut"), 1 << 66
        huge = _zigzag(long)
        tail = b"\x00\x00" + _string(b"a")
        values = {
            "cut": good[:-3],
            "rest": self.submission("rest") + b"\x00",
            "other": self._codec.encode("job-progress", _progress()),
            "negative-length": self.raw_submission(_string(b"x"), _zigzag(-5), tail),
            "endless-length": self.raw_submission(_string(b"x"), _zigzag(1 << 40), tail),
            "wide-length": self.raw_submission(_string(b"x"), huge, tail),
            "branch": self.raw_submission(_string(b"x"), _string(b"t"), _zigzag(9)),
            "varint": self.raw_submission(_string(b"x"), b"\xff" * 4000, b""),
        }
        for name, value in values.items():
            yield _failed(name, value)
        bombs = {
            "array-bomb": {"timeline": _zigzag(1 << 62) + _string(b"QUEUED") + _long(1)},
            "array-negative": {"timeline": _zigzag(-(1 << 62)) + _long(1) + b"\x00"},
            "array-blocks": {"timeline": (_long(1) + _step(b"x", 1)) * 100_000},
            "wide-attempt": {"attempt": huge},
            "wide-rows": {"rows": huge},
        }
        for name, fields in bombs.items():
            yield _failed(name, self.profiled(name, **fields), PROFILED)

    def _keys(self) -> Iterator[Poison]:
        keys = {
            "key-space": b"with space",
            "key-nul": b"\x00",
            "key-129": b"k" * 129,
            "key-bytes": b"\xff\xfe",
            "key-path": b"../../etc",
            "key-unicode": "sch\u00f6n".encode(),
        }
        for name, key in keys.items():
            yield Poison(name, Fate.LETTER, key, b"no job anywhere")
        yield Poison("key-none", Fate.LETTER, None, b"no job anywhere")
        yield Poison("key-empty", Fate.LETTER, b"", None)
        yield Poison("key-none-p2", Fate.LETTER, None, None, PROFILED)
        yield Poison("key-1mb", Fate.LETTER, b"k" * 1_000_000, b"x")
        yield _failed("key-of-another", self.submission("somebody-else"))
        yield _failed("key-of-another-p2", self.profiled("somebody-else"), PROFILED)

    def _sizes(self) -> Iterator[Poison]:
        def good(name: str, **changed: Any) -> Poison:
            return _poison(name, Fate.COMPLETED, self.submission(name, **changed))

        full = {"content": _noise(_FULL_BYTES - 200)}
        yield good("full", source=full)
        yield _failed("full-failing", self.submission("full-failing", title="bug", source=full))
        zeros = {"content": bytes(5 * _MB)}
        yield good("zeros-5mb", source=zeros)
        yield _failed("zeros-5mb-bug", self.submission("zeros-5mb-bug", title="bug", source=zeros))
        yield _failed("zeros-garbage", bytes(5 * _MB))
        yield _failed("zeros-garbage-p2", bytes(5 * _MB), PROFILED)
        yield _failed("zeros-20mb", bytes(20 * _MB))
        for name, length in (("title-1mb", _MB), ("title-5mb", 5 * _MB)):
            value = self.submission(name, title="ok:" + "t" * length)
            yield _poison(name, Fate.ENDED, value)
        headers: list[tuple[str, str | bytes | None]] = [("h", bytes(900_000)), ("n", None)]
        value = self.submission("headers", title="bug")
        yield Poison("headers", Fate.FAILED, b"headers", value, headers=headers)
        many: list[tuple[str, str | bytes | None]] = [(f"h{at}", b"x") for at in range(20_000)]
        yield Poison("headers-many", Fate.FAILED, b"headers-many", b"no", headers=many)

    def _texts(self) -> Iterator[Poison]:
        good = {
            "nul": "ok:\x00\x01",
            "rtl": "ok:\u202etxt.exe\u202c \u05d0",
            "emoji": "ok:\U0001f600" * 50,
            "lines": "ok:\r\n\u2028\u2029\x85",
            "html": "ok:<script>alert(1)</script>",
            "format": "ok:{0} %s %(x)s ${y}",
            "blank": "",
        }
        for name, title in good.items():
            value = self.submission(f"text-{name}", title=title)
            yield _poison(f"text-{name}", Fate.COMPLETED, value)
        bad = {"surrogate": b"\xed\xa0\x80", "latin": b"\xe4", "overlong": b"\xc0\x80"}
        for name, title_bytes in bad.items():
            rest = b"\x00\x00" + _string(b"a")
            key = f"text-{name}"
            value = self.raw_submission(_string(key.encode()), _string(title_bytes), rest)
            yield _failed(key, value)

    def _envelopes(self) -> Iterator[Poison]:
        attempts = {"most": (1 << 63) - 1, "int": 1 << 31, "zero": 0, "minus": -1}
        for name, number in attempts.items():
            yield _failed(
                f"attempt-{name}", self.profiled(f"attempt-{name}", attempt=_long(number)), PROFILED
            )
        moments = {"most": (1 << 63) - 1, "least": -(1 << 63)}
        for name, number in moments.items():
            job_id = f"at-{name}"
            value = self.profiled(
                job_id, submitted_at=_long(number), submitted_offset=_long(number)
            )
            yield _poison(job_id, Fate.ENDED, value, PROFILED)
        steps = _long(60_000) + _step(b"QUEUED", 1) * 60_000 + b"\x00"
        yield _poison("timeline", Fate.ENDED, self.profiled("timeline", timeline=steps), PROFILED)
        title = self.profiled("title-p2", title=_string(b"ok:" + b"t" * 990_000))
        yield _poison("title-p2", Fate.ENDED, title, PROFILED)


def _poison(name: str, fate: Fate, value: bytes | None, topic: str = SUBMITTED) -> Poison:
    return Poison(name, fate, name.encode(), value, topic)


def _failed(name: str, value: bytes | None, topic: str = SUBMITTED) -> Poison:
    return _poison(name, Fate.FAILED, value, topic)


def _noise(length: int) -> bytes:
    """Bytes that no compression shortens, the same at every run."""
    return random.Random(length).randbytes(length)


def _zigzag(number: int) -> bytes:
    """A long of any width: what the Avro specification does not allow above 64 bits as well."""
    return encode_unsigned(number << 1 if number >= 0 else (-number << 1) - 1)


_long = _zigzag


def _string(text: bytes) -> bytes:
    return _zigzag(len(text)) + text


def _step(status: bytes, at: int) -> bytes:
    """A step of the first attempt of which nothing is to be said."""
    return _string(status) + _long(at) + _long(1) + _NULL


def _progress() -> dict[str, Any]:
    return {"job_id": "j", "attempt": 1, "stage_index": 1, "progress": 1, "note": "", "at": 0}
