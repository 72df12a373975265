"""Records as small facts: of each one only what can prove or disprove a promise is kept.

A million jobs are some millions of facts, so they are tuples, and values are kept as digests.
Stages are named by their position in the pipeline, from 1; times are in ms since the epoch.
"""

from hashlib import sha256
from typing import Final, NamedTuple

_DIGEST_BYTES: Final = 16


class Position(NamedTuple):
    """Where a record lies; the topic by its logical name."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}[{self.partition}]@{self.offset}"


class Submission(NamedTuple):
    """A record that opens an attempt, or would if it could be read."""

    at: Position
    written: int
    attempt: int
    opens: bool


class Step(NamedTuple):
    """A step of a timeline."""

    status: str
    attempt: int
    reached: int


class State(NamedTuple):
    """A record of job-state, without its timeline."""

    at: Position
    written: int
    attempt: int
    stage: int
    step: int
    terminal: bool
    status: str
    updated: int
    opened_at: int
    has_error: bool
    letter: Position | None
    due: int | None
    waits_at: Position | None
    held: str | None = None

    @property
    def rank(self) -> tuple[int, int]:
        """Within its attempt."""
        return self.stage, self.step


class Tombstone(NamedTuple):
    """That a stage has forgotten a job, which had so many attempts."""

    at: Position
    written: int
    attempt: int


class Output(NamedTuple):
    """A record in a stage's sink; `opened_at` is the offset of the submission that it is of."""

    at: Position
    written: int
    stage: int
    attempt: int
    opened_at: int


class Waiting(NamedTuple):
    """A record in a retry tier, put there at `put` (ms), as the job's timeline has it too.

    `opening`: no error put it there, so a redrive did.
    """

    at: Position
    written: int
    stage: int
    attempt: int
    tries: int
    put: int
    due: int
    opening: bool
    origin: Position
    opened_at: int
    digest: bytes


class Lying(NamedTuple):
    """A record in a held topic: not to begin before `due` (ms); 0, if it waits for a window."""

    at: Position
    written: int
    stage: int
    attempt: int
    due: int
    origin: Position
    opened_at: int
    digest: bytes


class Letter(NamedTuple):
    """A dead letter; `digest` is None where its record can be compared with nothing.

    `opens`: the letter's record is one that its stage can read, so it is of a run of a job; that
    was submitted at `submitted` (ms).
    """

    at: Position
    written: int
    stage: int
    job_id: str | None
    attempt: int
    origin: Position
    error_class: str
    opens: bool
    submitted: int
    digest: bytes | None


class Command(NamedTuple):
    """What somebody wanted; `stage` is a name, as commands have it."""

    at: Position
    written: int
    command_id: str
    kind: str
    attempt: int
    stage: str


class Result(NamedTuple):
    """What became of a command."""

    at: Position
    written: int
    command_id: str
    kind: str
    attempt: int
    accepted: bool
    stage: str


def digest_of(key: bytes | None, value: bytes | None) -> bytes:
    """Of what must be the same in a letter or a tier as in the record it is of."""
    return joined(key, sha256(value or b"").digest())


def joined(key: bytes | None, value_sha256: bytes) -> bytes:
    """The same digest where only the checksum of the value is known (a claim)."""
    return sha256(value_sha256 + (key or b"")).digest()[:_DIGEST_BYTES]
