"""A stage as its author declares it."""

from dataclasses import dataclass
from typing import Final

from headway.declared.dependency import Dependency
from headway.declared.handler import Handler, ManyHandler
from headway.declared.retry import IN_PLACE, Retry
from headway.declared.settings import Settings, setting

#: Jobs that wait to be handed over together are taken and not done: an hour is a window's business.
_LONGEST_BATCH_SECONDS: Final = 600


@dataclass(frozen=True, slots=True)
class Batch:
    """Which jobs are handed over together: up to `size`, or what came within `wait_seconds`.

    The first of them waits for so long, or until a thread is free. Of a stage's jobs it is those
    that its window released; with `all` it is all of them.
    """

    size: int = 20
    wait_seconds: float = 1.0
    all: bool = False

    def __post_init__(self) -> None:
        if self.size < 1 or not 0 <= self.wait_seconds <= _LONGEST_BATCH_SECONDS:
            raise ValueError(
                f"a batch has a size from 1, and waits for 0 to {_LONGEST_BATCH_SECONDS} s: "
                f"{self.size} jobs and {self.wait_seconds:g} s are neither"
            )


AS_RELEASED: Final = Batch()


@dataclass(frozen=True, slots=True)
class Stage:
    """The stage called *name* in the pipeline's declaration does *handler* to every job.

    The handler is called by threads of the stage, or by `headway.workers.processes.in_processes`
    in worker processes. One that is a context manager is entered before the first job and left
    after the last. While one of *dependencies* is away, calls of the handler wait.

    With *handle_many* the jobs that *batch* says are handed over together, to that instead.
    """

    name: str
    handler: Handler
    retry: Retry = IN_PLACE
    dependencies: tuple[Dependency, ...] = ()
    handle_many: ManyHandler | None = None
    batch: Batch = AS_RELEASED


@dataclass(frozen=True, kw_only=True)
class StageSettings(Settings):
    """What every stage needs to be told."""

    concurrency: int = setting(
        "Handlers that run at once; jobs of one key still run one after another.",
        default=8,
        minimum=1,
        maximum=1000,
    )
    buffer_records: int = setting(
        "Records taken and not yet committed, at most; frames grow with it under load.",
        default=4096,
        minimum=1,
        maximum=8192,
    )
    buffer_bytes: int = setting(
        "Bytes of such records, at most, but for one record.",
        default=64 * 1024 * 1024,
        minimum=1024,
    )
    max_deliveries: int = setting(
        "A record that was at work when the process ended, this many times in a row, is not "
        "begun again: it becomes a dead letter.",
        default=3,
        minimum=2,
        maximum=100,
    )
    retry_tries: int = setting(
        "How often a job is tried again later after an error that may pass; -1: as declared in "
        "pipeline.yaml, 0: never, such a job is given up after its calls in place.",
        default=-1,
        minimum=-1,
        maximum=1000,
    )
    retry_delays: str = setting(
        "Delays before those tries in seconds, comma separated, one for each that pipeline.yaml "
        "declares; empty: as declared.",
        default="",
    )
    ordering: str = setting(
        "none: jobs are worked on in no order; key: those of one order key one after another, "
        "through their later tries, and without waiting for a window; empty: as declared in "
        "pipeline.yaml.",
        default="",
    )
    max_redrives: int = setting(
        "How often a dead letter may be sent back to this stage; then it is refused.",
        default=5,
        minimum=0,
        maximum=1000,
    )
    duplicates_days: int = setting(
        "How long a stage remembers a job it is through with: another submission within this time "
        "is dropped, a later one is done. Takeovers read the states of this time, and memory holds "
        "their jobs. Below 30, dead letters outlive what a redrive needs; 0: for ever.",
        default=30,
        minimum=0,
        maximum=36_500,
    )
    failure_limit_run: int = setting(
        "After so many jobs in a row that became dead letters, none by its own fault, the stage "
        "waits instead of giving up the next; 0: never.",
        default=25,
        minimum=0,
    )
    failure_limit_share: float = setting(
        "The same once such jobs are this share of the last 100; 0: never.",
        default=0.9,
        minimum=0,
        maximum=1,
    )
    drain_seconds: float = setting(
        "After SIGTERM, running handlers may finish for this long; the pod's grace period is "
        "10 s longer.",
        default=20.0,
        minimum=0,
    )
    session_timeout_ms: int = setting(
        "Without a heartbeat for this long the group gives the partitions to others.",
        default=15_000,
        minimum=1000,
    )
    transaction_timeout_ms: int = setting(
        "The broker aborts a frame left open for this long; a crash under another instance id "
        "hides later frames of others for up to as long.",
        default=15_000,
        minimum=1000,
        maximum=900_000,
    )
    handler_seconds: float = setting(
        "With worker processes: a call that takes longer is ended; tried again later twice, then "
        "the job fails: “Process N timed out after 600 s”.",
        default=600.0,
        minimum=0.1,
    )
    handler_memory_mb: int = setting(
        "With worker processes: one that takes more memory, as seen twice a second, is ended; "
        "0: no limit.",
        default=0,
        minimum=0,
    )
    scratch_dir: str = setting(
        "With worker processes: where each instance has a folder for temporary files, emptied at "
        "the next start; empty: the system's own.",
        default="",
    )
