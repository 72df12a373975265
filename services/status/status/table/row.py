"""A job as the table keeps it."""

from typing import Final, NamedTuple

#: The status of a job that was deleted: its row stays as a mark, so that a client that was away
#: hears of it and an old submission read again does not bring it back.
GONE: Final = ""
#: What a rank has room for in 64 bits: an attempt of 32, a stage of 16, a step of 4.
MOST_ATTEMPTS: Final = 2**32 - 1
MOST_STAGES: Final = 2**16 - 1
MOST_STEPS: Final = 2**4 - 1


class Row(NamedTuple):
    """One job; the fields are the table's columns, in order.

    `rank` orders a job's states. `origin` is the record that wrote the state (not its progress).
    `state` holds that record's bytes, None while the job is queued: what only a reader of one
    job or one page wants (timeline, error, result) is decoded then.
    """

    job_id: str
    rank: int
    status: str
    progress: int
    submitted_at: int
    title: str
    note: str
    origin: int
    state: bytes | None

    @property
    def gone(self) -> bool:
        return self.status == GONE


def rank_of(attempt: int, stage_index: int, step: int) -> int:
    """(attempt, stage, step) as one integer of the same order."""
    return (attempt << 20) | (stage_index << 4) | step


def is_running(rank: int) -> bool:
    """Whether a stage works on the job, so that reports tell how far it is."""
    return rank & 0xF == 0 and rank != QUEUED_RANK


def attempt_of(rank: int) -> int:
    return rank >> 20


#: Before any stage has touched the first attempt.
QUEUED_RANK: Final = rank_of(1, 0, 0)
