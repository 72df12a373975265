"""A loader of the index of jobs, and states to be read by it."""

from typing import Any

from support.fake_kafka.broker import FakeBroker
from support.fake_kafka.record import Record
from support.kafka.messages import partition
from support.waiting import wait_until

from headway.edges import kafka
from headway.following.horizon import Owner
from headway.following.indexloader import IndexLoader
from headway.following.jobindex import JobIndex
from headway.following.notes import StateNotes
from headway.following.stateread import Notes
from headway.owning.partition import OwnedPartition
from headway.wire.codec import Codec

TOPIC = "job-state"
CODEC = Codec()


class Loading:
    """A loader of one stage, and what has come out of it."""

    def __init__(self, stage_index: int, **window: Any) -> None:
        """*window*: for how long jobs are remembered, by which clock."""
        options: kafka.Options = {"bootstrap.servers": "fake"}
        notes = Notes(TOPIC, StateNotes(CODEC, "job-state", stage_index))
        self.loader = IndexLoader(options, notes, **window)
        self.found: dict[Owner, JobIndex] = {}
        self.loader.open()

    def start(self, index: int = 0) -> OwnedPartition:
        owner = partition(index)
        self.loader.start([owner])
        return owner

    def has(self, owner: OwnedPartition) -> bool:
        self.found |= {loaded.owner: loaded.jobs for loaded in self.loader.loaded()}
        return owner in self.found

    def jobs(self, owner: OwnedPartition) -> JobIndex:
        wait_until(lambda: self.has(owner))
        return self.found[owner]


def state(stage_index: int, step: int, *, terminal: bool = False, **changed: Any) -> bytes:
    """A state as a stage writes it."""
    state = {
        "job_id": "job",
        "attempt": 1,
        "title": "t",
        "submitted_at": 1,
        "submitted_offset": 7,
        "timeline": [],
        "updated_at": 2,
        "stage_index": stage_index,
        "step": step,
        "terminal": terminal,
        "status": "S",
        "progress": 1,
        "stage": "s",
        "error": None,
        "result": [],
    }
    return CODEC.encode("job-state", state | changed)


def write(
    broker: FakeBroker, value: bytes | None, *, key: str = "job", index: int = 0, at_ms: int = 0
) -> None:
    """Append a state, or with None a tombstone."""
    broker.append((TOPIC, index), Record(key.encode(), value, None, at_ms))
