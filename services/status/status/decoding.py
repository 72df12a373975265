"""Kafka records as rows and reports; the table's only contact with Avro while it is written."""

from typing import Any, Final

from headway.codec import Codec
from headway.errors import DecodeError
from headway.kafka import Message
from headway.pipeline import Pipeline
from headway.records import job_id_from
from status.merge import Report
from status.position import Source, origin_of
from status.row import GONE, QUEUED_RANK, Row, rank_of

#: What a state is stored by; the rest of it is decoded when somebody asks for it.
_COLUMNS: Final = (
    "job_id",
    "attempt",
    "stage_index",
    "step",
    "status",
    "progress",
    "submitted_at",
    "title",
)


class Decoder:
    """Turns messages into what is merged; every method raises DecodeError for what is no record."""

    def __init__(self, codec: Codec, pipeline: Pipeline) -> None:
        self._codec = codec
        self._queued = pipeline.queued
        self._head = codec.head("job-state", *_COLUMNS)

    def submission(self, message: Message) -> Row:
        """The QUEUED row of a record of jobs.submitted."""
        job_id = _job_id(message)
        value = self._codec.decode(message.value(), "job-submitted").value
        _check_same(job_id, value)
        return Row(
            job_id=job_id,
            rank=QUEUED_RANK,
            status=self._queued.name,
            progress=self._queued.progress,
            submitted_at=message.timestamp()[1],
            title=value["title"],
            note="",
            origin=_origin(Source.SUBMITTED, message),
            state=None,
        )

    def state(self, message: Message) -> Row:
        """The row of a record of job-state; a mark if the record is a tombstone."""
        data, origin = message.value(), _origin(Source.STATE, message)
        if data is None:
            at = message.timestamp()[1]
            return Row(_job_id(message), 0, GONE, 0, at, "", "", origin, None)
        head = self._head(data)
        job_id = head["job_id"]
        if job_id.encode() != message.key():
            raise DecodeError(f"the value is of job {job_id[:128]!r}, the key names another")
        return Row(
            job_id,
            rank_of(head["attempt"], head["stage_index"], head["step"]),
            head["status"],
            head["progress"],
            head["submitted_at"],
            head["title"],
            "",
            origin,
            data,
        )

    def report(self, message: Message) -> Report:
        """What a record of job-progress says."""
        job_id = _job_id(message)
        value = self._codec.decode(message.value(), "job-progress").value
        _check_same(job_id, value)
        return Report(
            job_id, value["attempt"], value["stage_index"], value["progress"], value["note"]
        )


def _job_id(message: Message) -> str:
    job_id = job_id_from(message.key())
    if job_id is None:
        raise DecodeError("the key is no job_id")
    return job_id


def _check_same(job_id: str, value: dict[str, Any]) -> None:
    if value["job_id"] != job_id:
        raise DecodeError(f"the key says job {job_id}, the value {value['job_id'][:128]!r}")


def _origin(source: Source, message: Message) -> int:
    partition, offset = message.partition(), message.offset()
    if partition is None or offset is None:
        raise DecodeError("the record has no position")
    return origin_of(source, partition, offset)
