"""Topics that are trimmed and compacted while jobs are done and forgotten, as a model."""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from confluent_kafka import Message
from support.status.topics import CATALOG, PARTITIONS, Log, batch_of

from headway.declared.pipeline import Pipeline
from headway.wire.codec import Codec
from status.answers.query import Table
from status.reading.materializer import Materializer
from status.table.database import FILE_NAME
from status.table.store import Store

_SHOWN = "SELECT job_id, status FROM jobs WHERE status <> ''"


class Replica:
    """A table; it reads what it is given."""

    def __init__(self, folder: Path, codec: Codec) -> None:
        self._store = Store(folder / FILE_NAME)
        self._materializer = Materializer(self._store, CATALOG, Pipeline.load(), codec)
        self._materializer.bind("0123456789ab")
        self._table = Table(folder / FILE_NAME, PARTITIONS)

    def read(self, messages: Sequence[Message]) -> None:
        if messages:
            self._materializer.apply(batch_of(messages))

    def forget(self) -> None:
        """Begin anew."""
        self._materializer.forget()
        self._materializer.bind("0123456789ab")

    def purge(self, before_ms: int) -> None:
        """Marks go up to that time."""
        kept_ms = int(CATALOG["job-state"].config["delete.retention.ms"])
        self._materializer.caught_up_at(before_ms + kept_ms)

    def shown(self) -> dict[str, str]:
        """The jobs that people see, with their statuses."""
        with self._table.snapshot() as snapshot:
            return dict(snapshot.rows(_SHOWN))

    def close(self) -> None:
        self._table.__exit__()
        self._store.__exit__()


@contextmanager
def replica(codec: Codec) -> Iterator[Replica]:
    """One that knows nothing."""
    with TemporaryDirectory() as folder:
        made = Replica(Path(folder), codec)
        yield made
        made.close()


class _All(random.Random):
    """Leaves nothing to chance."""

    def random(self) -> float:
        return 1.0


@dataclass
class Retention:
    """What the topics have, and what is true of the jobs; a stage drops what it has had before."""

    log: Log
    #: What is shown of the jobs there are.
    truth: dict[str, str] = field(default_factory=dict)
    opening: dict[str, Message] = field(default_factory=dict)
    submitted: list[Message] = field(default_factory=list)
    states: list[Message] = field(default_factory=list)

    def submit(self, job_id: str) -> None:
        self.log.submission(job_id)
        (message,) = self.log.take()
        self.submitted.append(message)
        if job_id not in self.opening:
            self.opening[job_id] = message
            self.truth[job_id] = "QUEUED"

    def say(self, job_id: str, status: str) -> None:
        """Where the job is not over: a state of it."""
        if self.truth.get(job_id, "COMPLETED") != "COMPLETED":
            self.log.state(job_id, status)
            self.states += self.log.take()
            self.truth[job_id] = status

    def forget(self, job_id: str) -> None:
        """As the stage does it: only what is over, and whose submission is trimmed."""
        kept = self.opening.get(job_id) in self.submitted
        if self.truth.get(job_id) == "COMPLETED" and not kept:
            self.log.forgotten(job_id)
            self.states += self.log.take()
            del self.truth[job_id]

    def trim(self) -> None:
        """Remove submissions from the front of each partition that the stage is done with."""
        kept: defaultdict[int, list[Message]] = defaultdict(list)
        for message in self.submitted:
            partition = message.partition() or 0
            if kept[partition] or self._waits(message):
                kept[partition].append(message)
        self.submitted = [m for m in self.submitted if m in kept[m.partition() or 0]]

    def compact(self, rng: random.Random) -> None:
        """Remove some of the states that are not the newest of their job."""
        newest = {m.key(): m for m in self.states}
        self.states = [m for m in self.states if newest[m.key()] is m or rng.random() < 1 / 2]

    def expire(self) -> int:
        """Tombstones go up to a time, as after 90 days; that time, 0 if none went.

        Further submissions of their jobs are trimmed by then, and no stage knows the jobs any more.
        """
        self.compact(_All())
        openings = list(self.opening.values())
        repeated = {m.key() for m in self.submitted if m not in openings}
        marks = [m for m in self.states if m.value() is None]
        staying = (m.timestamp()[1] for m in marks if m.key() in repeated)
        before = min(staying, default=self.log.now_ms + 1)
        gone = [m for m in marks if m.timestamp()[1] < before]
        self.states = [m for m in self.states if m not in gone]
        for message in gone:
            self.opening.pop((message.key() or b"").decode(), None)
        return before if gone else 0

    @property
    def written(self) -> list[Message]:
        """What is left of all topics, in the order in which it was written."""
        return sorted([*self.states, *self.submitted], key=lambda m: m.timestamp()[1])

    def _waits(self, message: Message) -> bool:
        job_id = (message.key() or b"").decode()
        return self.truth.get(job_id) == "QUEUED"
