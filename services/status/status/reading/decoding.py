"""Kafka records as rows and reports; the table's only contact with Avro while it is written."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from headway.base.errors import DecodeError
from headway.declared.pipeline import Pipeline
from headway.edges.kafka import Message
from headway.wire.codec import Codec
from headway.wire.envelope import checked_attempt, checked_tags
from headway.wire.states import attempt_forgotten
from status.reading.places import check_same, job_id_of, origin_of_record
from status.table.merge import Report
from status.table.position import Source
from status.table.row import (
    GONE,
    MOST_ATTEMPTS,
    MOST_STAGES,
    MOST_STEPS,
    Row,
    queued_rank,
    rank_of,
)

#: As plain numbers: arithmetic with an enum's member costs as much as all else of an origin.
_SUBMITTED, _STATE = int(Source.SUBMITTED), int(Source.STATE)
#: What a state is stored by; the rest of it is decoded when somebody asks for it.
_COLUMNS: Final = (
    "job_id",
    "attempt",
    "stage_index",
    "step",
    "terminal",
    "updated_at",
    "status",
    "progress",
    "submitted_at",
    "title",
    "tags",
)


class Decoder:
    """Turns messages into what is merged; every method raises DecodeError for what is no record."""

    def __init__(self, codec: Codec, pipeline: Pipeline) -> None:
        self._codec = codec
        self._queued = pipeline.queued
        #: Within these a report moves its stage, so that no percent falls when the stage ends.
        self._bounds = {
            stage.index: (stage.running.progress, stage.done.progress - 1)
            for stage in pipeline.stages
        }
        self._head = codec.head("job-state", *_COLUMNS)
        self._due = codec.head("job-state", *_COLUMNS, "due_at")
        #: By status what `Row.since` is. Nothing waits behind the last stage, and of
        #: a queued job its submission says it.
        self._since: dict[str, Callable[[dict[str, Any], bytes], int | None]] = {
            **{stage.done.name: _updated_at for stage in pipeline.stages if not stage.last},
            pipeline.retry_scheduled: self._due_at,
            pipeline.scheduled: self._due_at,
        }

    def submission(self, message: Message) -> Row:
        """The QUEUED row of a record of jobs.submitted."""
        job_id = job_id_of(message)
        value = self._codec.decode(message.value(), "job-submitted")
        check_same(job_id, value)
        return Row(
            job_id=job_id,
            rank=queued_rank(checked_attempt(value["attempt"])),
            status=self._queued.name,
            progress=self._queued.progress,
            submitted_at=message.timestamp()[1],
            title=value["title"],
            note="",
            origin=origin_of_record(_SUBMITTED, message),
            state=None,
            tags=_joined(value["tags"]),
        )

    def state(self, message: Message) -> Row:
        """The row of a record of job-state; a mark if the record is a tombstone."""
        data, origin = message.value(), origin_of_record(_STATE, message)
        if data is None:
            at = message.timestamp()[1]
            rank = queued_rank(attempt_forgotten(message))
            return Row(job_id_of(message), rank, GONE, 0, at, "", "", origin, None)
        head = self._head(data)
        job_id, since = head["job_id"], self._since.get(head["status"])
        _check_storable(head)
        # A compacted topic keeps by key: under another, this state would outlive its job.
        if job_id.encode() != message.key():
            raise DecodeError(f"the value is of job {job_id[:128]!r}, the key names another")
        return Row(
            job_id,
            rank_of(head["attempt"], head["stage_index"], head["step"], final=head["terminal"]),
            head["status"],
            head["progress"],
            head["submitted_at"],
            head["title"],
            "",
            origin,
            data,
            since(head, data) if since else None,
            _joined(tags) if (tags := head["tags"]) else "",
        )

    def _due_at(self, _head: dict[str, Any], data: bytes) -> int | None:
        """Lies so far behind in the record that it is decoded of jobs that are put off alone."""
        try:
            due_at: int | None = self._due(data)["due_at"]
        except DecodeError:
            return None  # told where the job is shown
        return due_at

    def report(self, message: Message) -> Report:
        """What a record of job-progress says."""
        job_id = job_id_of(message)
        value = self._codec.decode(message.value(), "job-progress")
        check_same(job_id, value)
        attempt, stage_index = value["attempt"], value["stage_index"]
        _check_run(attempt, stage_index)
        # A stage of a newer release has bounds that are not known here.
        low, high = self._bounds.get(stage_index, (0, 100))
        percent = min(max(value["progress"], low), high)
        return Report(job_id, rank_of(attempt, stage_index, 0), percent, value["note"])


def _updated_at(head: dict[str, Any], _data: bytes) -> int:
    return int(head["updated_at"])


def _joined(tags: Sequence[str]) -> str:
    # A space in one would make two of it.
    return " ".join(checked_tags(tags))


def _check_storable(head: dict[str, Any]) -> None:
    """A row's rank is one integer of 64 bits, and no status is the mark of a deleted job."""
    _check_run(head["attempt"], head["stage_index"])
    if not 0 <= head["step"] <= MOST_STEPS:
        raise DecodeError(f"step {head['step']} is none")
    if not head["status"]:
        raise DecodeError("the status is empty")


def _check_run(attempt: int, stage_index: int) -> None:
    if not (0 <= attempt <= MOST_ATTEMPTS and 0 <= stage_index <= MOST_STAGES):
        raise DecodeError(f"there is no attempt {attempt} of stage {stage_index}")
