"""What a stage's author writes against: a job in, what is to be said about it out; no Kafka."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol


class Job(NamedTuple):
    """One job as a handler sees it.

    `attempt` counts from 1. `payload` holds the fields of the source record that are the
    stage's own; the envelope the runtime carries from stage to stage is not in it.
    """

    job_id: str
    attempt: int
    title: str
    payload: Mapping[str, Any]


class Context(Protocol):
    """What a handler may ask of the runtime while it works."""

    @property
    def idempotency_key(self) -> str:
        """`job_id/attempt/stage`, for effects outside Kafka.

        The same whenever this attempt is handled, and another one for the next, which is meant to
        do again what the last one did.
        """
        ...

    def report(self, fraction: float, note: str = "") -> None:
        """Tell how far the job is in this stage, 0 to 1; cheap, lossy, never blocks.

        A return does not mean that anybody saw it: reports are sampled. A note is told as text
        of at most 500 characters, whatever it is.

        Raises:
            TypeError: *fraction* is no number.
            Abandoned: the partition was lost; let it propagate, the result would be dropped.
            Cancelled: somebody has cancelled the job; let it propagate likewise.
        """
        ...

    def check(self) -> None:
        """Go on only if the job is still ours; for long work that has nothing to report.

        Raises:
            Abandoned, Cancelled: as `report` does.
        """
        ...


@dataclass(frozen=True, slots=True)
class ResultFile:
    """A file in the object store that the user may download."""

    name: str
    media_type: str
    key: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Done:
    """A finished stage: `payload` is the next record's own fields, `result` the user's files."""

    payload: Mapping[str, Any]
    result: tuple[ResultFile, ...] = ()


#: Called from several threads at once, never twice at once for one key. It may run again for a
#: job it already handled (crash, rebalance), so its effects outside Kafka must be idempotent.
Handler = Callable[[Job, Context], Done]


class Call(NamedTuple):
    """One job of many that a handler is given at once, with the context that is its own."""

    job: Job
    context: Context


#: Called from several threads at once, never with two jobs of one key. It answers every call, in
#: the order of the calls: what came of it, or the error it failed of, which has the consequences
#: that a handler's own would have, for that job alone. What it raises failed it as a whole.
ManyHandler = Callable[[Sequence[Call]], Sequence[Done | BaseException]]
