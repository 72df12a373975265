"""What a stage reads and says, as records: the envelope is opened, carried on, told as state."""

import re
from typing import Any, Final

from headway.base.errors import DecodeError, PermanentError
from headway.base.words import MOST_TITLE_CHARACTERS, bounded, class_name
from headway.declared.catalog import Catalog
from headway.declared.handler import Done
from headway.declared.pipeline import Pipeline, StageDeclaration
from headway.edges.kafka import Message
from headway.wire.carried import Carried, CarriedRecords
from headway.wire.codec import Codec, split_version
from headway.wire.envelope import (
    Envelope,
    checked,
    checked_attempt,
    checked_order_key,
    checked_tags,
    encode_envelope,
    moment,
    step_of,
    taken,
)
from headway.wire.identity import Attempts
from headway.wire.states import StateRecords, require_same_bytes

#: One state or output record; brokers take 1,048,588 bytes with all framing by default.
MAX_RECORD_BYTES: Final = 1_000_000
#: The offset that opened a job, where it cannot be known.
UNKNOWN_OFFSET: Final = -1
_JOB_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")


class StageRecords:
    """The records of one stage; stateless, so safe to share by threads."""

    def __init__(
        self, codec: Codec, pipeline: Pipeline, catalog: Catalog, stage: StageDeclaration
    ) -> None:
        self._codec = codec
        self._stage = stage
        self.stage_name = stage.name
        self._pipeline = pipeline
        self._first = stage.source == pipeline.source
        self._source = split_version(catalog[stage.source].value)[0]
        #: Which attempt a source record is of, before it is opened.
        self.attempt_of = Attempts(codec, self._source).of
        self._progress = split_version(catalog[pipeline.progress].value)[0]
        sink = split_version(catalog[stage.sink].value)[0]
        state = split_version(catalog[pipeline.state].value)[0]
        self._sink_header = codec.header(sink)
        job, self._payload = codec.parts(sink, "job")
        self._held = catalog[stage.held].name
        #: What goes with records that are tried again or given up.
        self.carried = CarriedRecords(codec)
        #: What is said of jobs in the state topic.
        self.states = StateRecords(codec, pipeline, state, stage)
        require_same_bytes(job, self.states.head, sink)

    def open(
        self, message: Message, carried: Carried | None = None
    ) -> tuple[Envelope, dict[str, Any]]:
        """The envelope and the stage's own fields of a source record.

        The envelope is what is *carried* with a record that comes again.

        Raises:
            DecodeError: the key is no job_id, the value is not the declared record or outside
                what any stage writes, or they name different jobs.
        """
        job_id = job_id_from(message.key())
        value = self._codec.decode(message.value(), self._source)
        if job_id is None:
            raise DecodeError(
                f"the key {_shown(message.key())} is no job_id: 1 to 128 characters of "
                "A-Z a-z 0-9 . _ - in UTF-8"
            )
        envelope = self._opened(message, value) if self._first else self._handed_on(message, value)
        if envelope["job_id"] != job_id:
            raise DecodeError(
                f"the key says job {job_id}, the value says {envelope['job_id'][:128]!r}: "
                "they must be the same"
            )
        return (carried.envelope if carried else envelope), value

    def held_at(self, partition: int, offset: int) -> dict[str, Any]:
        """The place of a record that the stage holds, as states name it."""
        return {"topic": self._held, "partition": partition, "offset": offset}

    def fallback(self, message: Message) -> Envelope | None:
        """An envelope for a record that cannot be opened; None if it names no job."""
        job_id = job_id_from(message.key()) or self._job_id_inside(message)
        if job_id is None:
            return None
        attempt = self.attempt_of(message.key() or b"", message.value() or b"")
        at = moment(message.timestamp()[1])
        return {
            "job_id": job_id,
            "attempt": attempt,
            "order_key": None,
            "tags": [],
            "sources": taken({}, self._stage.index, _offset(message)),
            "title": job_id,
            "submitted_at": at,
            "submitted_offset": _offset(message) if self._first else UNKNOWN_OFFSET,
            "timeline": [step_of(self._pipeline.queued.name, attempt, at)],
        }

    def finished(
        self, envelope: Envelope, done: Done, started_at: int, at: int
    ) -> tuple[bytes, bytes]:
        """The next record and the new state of a job that ran from *started_at* to *at* (ms).

        Raises:
            PermanentError: a record would be larger than a broker takes.
            TypeError, ValueError: what the handler returned is no Done or does not fit the record.
        """
        if not isinstance(done, Done):
            raise TypeError(f"the handler returned {class_name(done)}, not Done")
        stage, attempt = self._stage, envelope["attempt"]
        began = step_of(stage.running.name, attempt, started_at)
        shared = encode_envelope(envelope, began, step_of(stage.done.name, attempt, at))
        output = self._sink_header + shared + self._payload.encode(done.payload)
        state = self.states.finished(shared, at, done.result)
        if len(output) > MAX_RECORD_BYTES or len(state) > MAX_RECORD_BYTES:
            raise PermanentError(
                f"the result of {stage.name} is a record of {max(len(output), len(state)):,} "
                f"bytes, above {MAX_RECORD_BYTES:,}; large data belongs in the object store"
            )
        return output, state

    def progress(self, envelope: Envelope, percent: int, note: str, at: int) -> bytes:
        """How far a running job is, for the progress topic."""
        return self._codec.encode(
            self._progress,
            {
                "job_id": envelope["job_id"],
                "attempt": envelope["attempt"],
                "stage_index": self._stage.index,
                "progress": percent,
                "note": note,
                "at": at,
            },
        )

    def _opened(self, message: Message, value: dict[str, Any]) -> Envelope:
        attempt, at = checked_attempt(value.pop("attempt")), moment(message.timestamp()[1])
        not_before = value.pop("not_before")
        envelope = {
            "job_id": value.pop("job_id"),
            "attempt": attempt,
            "order_key": checked_order_key(value.pop("order_key")),
            "tags": checked_tags(value.pop("tags")),
            "sources": [_offset(message)],
            "title": bounded(value.pop("title"), MOST_TITLE_CHARACTERS),
            "submitted_at": at,
            "submitted_offset": _offset(message),
            "timeline": [step_of(self._pipeline.queued.name, attempt, at)],
        }
        # Carried no further than to who decides about it: no record of the envelope has it.
        if not_before is not None:
            envelope["not_before"] = moment(not_before)
        return envelope

    def _handed_on(self, message: Message, value: dict[str, Any]) -> Envelope:
        envelope = checked(value.pop("job"))
        envelope["sources"] = taken(envelope, self._stage.index, _offset(message))
        return envelope

    def _job_id_inside(self, message: Message) -> str | None:
        try:
            value = self._codec.decode(message.value(), self._source)
        except DecodeError:
            return None
        inside = str((value if self._first else value["job"])["job_id"])
        return inside if _JOB_ID.fullmatch(inside) else None


def job_id_from(key: bytes | None) -> str | None:
    """The job_id a record's *key* names; None if it is none."""
    try:
        text = (key or b"").decode("ascii")
    except UnicodeDecodeError:
        return None
    return text if _JOB_ID.fullmatch(text) else None


def _offset(message: Message) -> int:
    offset = message.offset()
    return UNKNOWN_OFFSET if offset is None else offset


def _shown(key: bytes | None) -> str:
    return "(none)" if key is None else repr(key[:64])
