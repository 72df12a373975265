"""A job as the table keeps it."""

from typing import Final, NamedTuple

#: The status of a job that was deleted: its row stays as a mark, so that a client that was away
#: hears of it and an old submission read again does not bring it back.
GONE: Final = ""
#: What a rank has room for in 64 bits: an attempt of 32, a stage of 16 less the end, a step of 4.
MOST_ATTEMPTS: Final = 2**32 - 1
MOST_STAGES: Final = 2**16 - 2
MOST_STEPS: Final = 2**4 - 1
_END: Final = 2**20 - 1


class Row(NamedTuple):
    """One job; the fields are the table's columns, in order.

    `rank` orders a job's states: by attempt, in it by stage and step, and the end of an attempt is
    above whatever else it may say. `origin` is the record that wrote the state (not its progress).
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

    @property
    def attempt(self) -> int:
        return self.rank >> 20


def rank_of(attempt: int, stage_index: int, step: int) -> int:
    """(attempt, stage, step) as one integer of the same order."""
    return (attempt << 20) | (stage_index << 4) | step


def queued_rank(attempt: int) -> int:
    """Before any stage has touched the attempt."""
    return rank_of(attempt, 0, 0)


def final_rank(attempt: int) -> int:
    """The attempt has ended, in whichever stage: nothing of it follows."""
    return attempt << 20 | _END


def is_final(rank: int) -> bool:
    return rank & _END == _END


def is_running(rank: int) -> bool:
    """Whether a stage works on the job, so that reports tell how far it is."""
    return rank & MOST_STEPS == 0 and rank & _END != 0
