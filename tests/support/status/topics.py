"""The topics that status reads, as lists."""

import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from confluent_kafka import Message
from support.status.records import START_MS, Records

from headway.declared.catalog import Catalog
from headway.edges.kafka import Headers
from headway.following.batch import Batch
from headway.wire.states import tombstone_headers
from status.table.position import Source

PARTITIONS = 6
CATALOG = Catalog.load()
SOURCES = {
    CATALOG["jobs.submitted"].name: Source.SUBMITTED,
    CATALOG["job-state"].name: Source.STATE,
    CATALOG["job-progress"].name: Source.PROGRESS,
    CATALOG["job-commands"].name: Source.COMMANDS,
    CATALOG["command-results"].name: Source.RESULTS,
}


def lane_of(key: str | bytes) -> int:
    """The partition in which a record of *key* lies."""
    return zlib.crc32(key.encode() if isinstance(key, str) else key) % PARTITIONS


class Log:
    """The topics of the table as lists: what is appended is given out by `batch`, once."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self._next: defaultdict[tuple[str, int], int] = defaultdict(int)
        self._new: list[Message] = []
        self.now_ms = START_MS

    def submission(self, job_id: str, **fields: Any) -> None:
        self.append("jobs.submitted", job_id, self.records.submission(job_id, **fields))

    def state(self, job_id: str, status: str, **fields: Any) -> None:
        self.append("job-state", job_id, self.records.state(job_id, status, **fields))

    def report(self, job_id: str, progress: int, **fields: Any) -> None:
        self.append("job-progress", job_id, self.records.report(job_id, progress, **fields))

    def command(self, job_id: str, kind: str, **fields: Any) -> None:
        self.append("job-commands", job_id, self.records.command(job_id, kind, **fields))

    def result(self, job_id: str, command_id: str, *, accepted: bool, **fields: Any) -> None:
        value = self.records.result(job_id, command_id, accepted=accepted, **fields)
        self.append("command-results", job_id, value)

    def forgotten(self, job_id: str, attempt: int = 1) -> None:
        """The tombstone of a stage."""
        self.append("job-state", job_id, None, headers=tombstone_headers(attempt))

    def append(
        self,
        topic: str,
        key: str | bytes | None,
        value: bytes | None,
        headers: Headers | None = None,
    ) -> None:
        """One record, bytes as given."""
        name = CATALOG[topic].name
        raw = key.encode() if isinstance(key, str) else key
        partition = lane_of(raw or b"")
        offset = self._next[name, partition]
        self._next[name, partition] = offset + 1
        self.now_ms += 1
        self._new.append(
            Message(
                topic=name,
                partition=partition,
                offset=offset,
                key=raw,
                value=value,
                timestamp=(1, self.now_ms),
                headers=headers,
            )
        )

    def take(self) -> list[Message]:
        """The records appended since the last time."""
        taken, self._new = self._new, []
        return taken

    def put_back(self, messages: Iterable[Message]) -> None:
        """Have them given out after all."""
        self._new = [*messages, *self._new]

    def batch(self) -> Batch[Source]:
        return batch_of(self.take())


def batch_of(messages: Sequence[Message]) -> Batch[Source]:
    batch = Batch(SOURCES)
    batch.add(messages)
    return batch
