"""What is known of jobs of a partition that are not on their way: failed, waiting, unwanted.

It goes with the index of jobs, and like that it is of one owner: where anything in hand is dropped,
the whole of it is, and it is loaded anew. So it may be told of what is decided and not yet said.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeVar

T = TypeVar("T")

#: The tier of a dead letter.
DEAD: Final = 0
#: The tier of a record that is held for its time or for a window.
HELD: Final = -1
#: The offset of such a record that is decided and not committed yet.
UNKNOWN: Final = -1
#: Of what is held none is ever forgotten: from so many on a lane takes no more (`taking.lying`).
MOST_HELD: Final = 250_000
#: Of each kind that are remembered at once, at most; the oldest go first. Each is some 200 bytes. A
#: job that failed and is forgotten cannot be sent back before the next takeover loads it again.
_MOST: Final = 100_000


class Parked(NamedTuple):
    """Where the record of an attempt lies: in retry tier *tier* of its stage, `DEAD` or `HELD`.

    *due_at* (ms) is when a command may have it begin that is held until then, else 0.
    """

    attempt: int
    tier: int
    offset: int
    due_at: int = 0


@dataclass(slots=True)
class Holdings:
    """Of one partition number in one stage; looked at by workers, changed by them and the loop.

    Jobs of one key are worked on one after another, so no entry is changed by two at once.
    """

    parked: dict[str, Parked] = field(default_factory=dict)
    #: The same of those that are `HELD`: by that alone they are found again.
    held: dict[str, Parked] = field(default_factory=dict)
    #: The highest attempt that is to be cancelled, by job.
    cancels: dict[str, int] = field(default_factory=dict)
    #: States of jobs that go on from there, as they were when the index was loaded: running, or
    #: told to be run again; where ordering is `key` those to be tried again, too, whose records
    #: stay where they are. They are few: their offsets are not done.
    resting: dict[str, bytes] = field(default_factory=dict)
    #: From which offset on what lies there was laid down anew while the window was open.
    anew: int | None = None
    #: The attempt that a command has opened, by job.
    opened: dict[str, int] = field(default_factory=dict)
    #: The attempt up to which a job was forgotten.
    forgotten: dict[str, int] = field(default_factory=dict)

    def park(self, job_id: str, parked: Parked) -> None:
        """The record of an attempt lies there now."""
        self.leave(job_id)
        if parked.tier == HELD:
            self.held[job_id] = parked
        else:
            _remember(self.parked, job_id, parked)

    def leave(self, job_id: str) -> None:
        """What lay of a job is on its way again, or is over."""
        self.parked.pop(job_id, None)
        if self.held:
            self.held.pop(job_id, None)

    def lying(self, job_id: str) -> Parked | None:
        """Where the record of a job lies that is not on its way; None: nothing is known of it."""
        return self.held.get(job_id) or self.parked.get(job_id)

    def cancel(self, job_id: str, attempt: int) -> None:
        """*attempt* is to be ended, wherever it is met."""
        _remember(self.cancels, job_id, max(attempt, self.cancels.get(job_id, 0)))

    def is_cancelled(self, job_id: str, attempt: int) -> bool:
        """Whether somebody wants *attempt* ended."""
        return self.cancels.get(job_id) == attempt

    def open(self, job_id: str, attempt: int) -> None:
        """A command has opened *attempt*: what lay parked goes on."""
        self.leave(job_id)
        _remember(self.opened, job_id, attempt)

    def forget(self, job_id: str, attempt: int) -> None:
        """Nothing of *attempt* or of those before it is kept any more."""
        self.leave(job_id)
        for known in (self.cancels, self.resting, self.opened):
            known.pop(job_id, None)
        _remember(self.forgotten, job_id, attempt)

    def is_forgotten(self, job_id: str, attempt: int) -> bool:
        """Whether *attempt* was forgotten."""
        return self.forgotten.get(job_id, 0) >= attempt


def _remember(known: dict[str, T], job_id: str, entry: T) -> None:
    known.pop(job_id, None)
    known[job_id] = entry
    while len(known) > _MOST:
        known.pop(next(iter(known)))
