"""Received records without a broker: the client's own `Message`, which tests may construct."""

from functools import cache
from typing import Any

from headway.edges import kafka
from headway.owning.offsets import OffsetTracker
from headway.owning.partition import OwnedPartition
from headway.taking.task import Task, keyless
from headway.wire.codec import Codec
from headway.wire.envelope import Envelope, step_of

SUBMITTED_AT = 1_764_000_000_000
_CREATE_TIME = 1
#: It reads every schema; there are tests with thousands of records.
_codec = cache(Codec)


def message(
    value: bytes | None = b"",
    *,
    key: bytes | None = b"job-1",
    topic: str = "jobs.submitted",
    partition: int = 2,
    offset: int = 7,
    timestamp_ms: int = SUBMITTED_AT,
    headers: list[tuple[str, str | bytes | None]] | None = None,
) -> kafka.Message:
    return kafka.Message(
        topic=topic,
        partition=partition,
        offset=offset,
        key=key,
        value=value,
        headers=headers,
        timestamp=(_CREATE_TIME, timestamp_ms),
    )


def submission(job_id: str = "job-1", **changed: Any) -> bytes:
    """The bytes of a job-submitted record; *changed* are fields of its value."""
    value = {"title": "data.csv", "delimiter": None, "source": {"content": b"a\n1\n"}}
    return _codec().encode("job-submitted", {"job_id": job_id, **value, **changed})


def envelope(job_id: str = "job-1") -> Envelope:
    """What an opened submission of that job carries on."""
    return {
        "job_id": job_id,
        "attempt": 1,
        "order_key": None,
        "tags": [],
        "sources": [7],
        "title": "data.csv",
        "submitted_at": SUBMITTED_AT,
        "submitted_offset": 7,
        "timeline": [step_of("QUEUED", 1, SUBMITTED_AT)],
    }


def profile_done(job_id: str = "job-1", **changed: Any) -> bytes:
    """The bytes of a profile-done record; *changed* are fields of its envelope."""
    profile = {"key": "jobs/job-1/p1/profile.json", "size_bytes": 9}
    value = {"job": {**envelope(job_id), **changed}, "profile": profile, "rows": 1, "columns": 1}
    return _codec().encode("profile-done", value)


def partition(index: int = 2) -> OwnedPartition:
    """A partition just taken over, with nothing committed."""
    return OwnedPartition("jobs.submitted", index, OffsetTracker())


def task(
    owner: OwnedPartition | None = None, *, offset: int = 7, received: kafka.Message | None = None
) -> Task:
    """A task as the intake makes it: its offset has begun."""
    owner = partition() if owner is None else owner
    received = message(submission(), offset=offset) if received is None else received
    owner.offsets.begin(offset)
    key = received.key() or keyless(owner, offset)
    return Task(owner, offset, received, key, len(received))
