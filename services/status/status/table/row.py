"""A job as the table keeps it."""

from typing import Final, NamedTuple, TypeAlias

#: The status of a job that was deleted: its row stays as a mark, so that a client that was away
#: hears of it and an old submission read again does not bring it back.
GONE: Final = ""
#: What a rank has room for in 64 bits: an attempt of 32, its end of 1, a stage of 16, a step of 4.
MOST_ATTEMPTS: Final = 2**32 - 1
MOST_STAGES: Final = 2**16 - 1
MOST_STEPS: Final = 2**4 - 1
_FINAL: Final = 1 << 20

#: A status, and the stage (from 1) that said so; 0: none has touched the attempt.
Standing: TypeAlias = tuple[str, int]


class Row(NamedTuple):
    """One job; the fields are the table's columns, in order.

    `rank` orders a job's states: by attempt, in it by stage and step, and a terminal one is above
    whatever else its attempt may say. `origin` is the record that wrote the state (not its
    progress). `state` holds that record's bytes, None while the job is queued: what only a reader
    of one job or one page wants (timeline, error, result) is decoded then. `since` is when a job
    that one stage is done with began to wait for the next, and when one that waits to be tried
    again, or is held, is due, in ms; None of any other, a queued one too: that waits since its
    submission, and of one that is held until somebody knows when. `tags` are parted by spaces.
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
    since: int | None = None
    tags: str = ""

    @property
    def gone(self) -> bool:
        return self.status == GONE

    @property
    def attempt(self) -> int:
        return self.rank >> 21

    @property
    def over(self) -> bool:
        """Whether nothing follows in this attempt."""
        return self.rank & _FINAL != 0


def rank_of(attempt: int, stage_index: int, step: int, *, final: bool = False) -> int:
    """(attempt, final, stage, step) as one integer of the same order."""
    return attempt << 21 | (_FINAL if final else 0) | stage_index << 4 | step


def queued_rank(attempt: int) -> int:
    """Before any stage has touched the attempt."""
    return rank_of(attempt, 0, 0)


def is_queued(rank: int) -> bool:
    """Whether no stage has touched the attempt."""
    return rank == queued_rank(rank >> 21)


def is_running(rank: int) -> bool:
    """Whether a stage works on the job or will do so again; reports tell how far it is."""
    return rank & (_FINAL | MOST_STEPS) == 0 and rank & (_FINAL - 1) != 0
