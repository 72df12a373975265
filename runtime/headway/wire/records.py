"""What a stage reads and says, as records: the envelope is opened, carried on, told as state."""

import re
from collections.abc import Iterable
from typing import Any, Final

from headway.base.errors import DecodeError, PermanentError
from headway.base.words import MOST_TITLE_CHARACTERS, bounded, class_name
from headway.declared.catalog import Catalog
from headway.declared.handler import Done, ResultFile
from headway.declared.pipeline import Pipeline, StageDeclaration, Status
from headway.edges.kafka import Message
from headway.wire.codec import Codec, Part, split_version
from headway.wire.envelope import (
    Envelope,
    checked,
    checked_attempt,
    encode_envelope,
    encode_long,
    moment,
)
from headway.wire.identity import Attempts

#: One state or output record; brokers take 1,048,588 bytes with all framing by default.
MAX_RECORD_BYTES: Final = 1_000_000
#: The offset that opened a job, where it cannot be known.
UNKNOWN_OFFSET: Final = -1
_JOB_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")
_RUNNING, _OVER = 0, 1


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
        self._sink_header, self._state_header = codec.header(sink), codec.header(state)
        job, self._payload = codec.parts(sink, "job")
        head, self._tail = codec.parts(state, "updated_at")
        _require_same_bytes(job, head, sink)
        self._running_tail = self._tail_of(stage.running, _RUNNING)
        self._done_tail = self._tail_of(stage.done, _OVER)

    def open(self, message: Message) -> tuple[Envelope, dict[str, Any]]:
        """The envelope and the stage's own fields of a source record.

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
        envelope = self._opened(message, value) if self._first else checked(value.pop("job"))
        if envelope["job_id"] != job_id:
            raise DecodeError(
                f"the key says job {job_id}, the value says {envelope['job_id'][:128]!r}: "
                "they must be the same"
            )
        return envelope, value

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
            "title": job_id,
            "submitted_at": at,
            "submitted_offset": _offset(message) if self._first else UNKNOWN_OFFSET,
            "timeline": [_step(self._pipeline.queued, attempt, at)],
        }

    def running(self, envelope: Envelope, at: int) -> bytes:
        """The state of an opened job whose handler runs since *at* (ms); never too large."""
        step = _step(self._stage.running, envelope["attempt"], at)
        return self._state(encode_envelope(envelope, step), at, self._running_tail)

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
        began, ended = _step(stage.running, attempt, started_at), _step(stage.done, attempt, at)
        shared = encode_envelope(envelope, began, ended)
        output = self._sink_header + shared + self._payload.encode(done.payload)
        tail = self._result_tail(done.result) if done.result else self._done_tail
        state = self._state(shared, at, tail)
        if len(output) > MAX_RECORD_BYTES or len(state) > MAX_RECORD_BYTES:
            raise PermanentError(
                f"the result of {stage.name} is a record of {max(len(output), len(state)):,} "
                f"bytes, above {MAX_RECORD_BYTES:,}; large data belongs in the object store"
            )
        return output, state

    def failed(
        self, envelope: Envelope, at: int, error: dict[str, Any], *, reached: int = 0
    ) -> bytes:
        """The state of an opened job that this stage gave up at *at* (ms); never too large.

        *reached* is the percent it had reported: whoever watched it must not see it fall.
        *error* is made of the words of a `Failed`, which are bounded and encodable.
        """
        percent = max(reached, self._stage.running.progress)
        status = Status(self._pipeline.failed, percent)
        step = _step(status, envelope["attempt"], at)
        tail = self._tail_of(status, _OVER, error=error, terminal=True)
        return self._state(encode_envelope(envelope, step), at, tail)

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
        return {
            "job_id": value.pop("job_id"),
            "attempt": attempt,
            "title": bounded(value.pop("title"), MOST_TITLE_CHARACTERS),
            "submitted_at": at,
            "submitted_offset": _offset(message),
            "timeline": [_step(self._pipeline.queued, attempt, at)],
        }

    def _job_id_inside(self, message: Message) -> str | None:
        try:
            value = self._codec.decode(message.value(), self._source)
        except DecodeError:
            return None
        inside = str((value if self._first else value["job"])["job_id"])
        return inside if _JOB_ID.fullmatch(inside) else None

    def _state(self, envelope: bytes, at: int, tail: bytes) -> bytes:
        return self._state_header + envelope + encode_long(at) + tail

    def _result_tail(self, files: Iterable[ResultFile]) -> bytes:
        result = [
            {
                "name": bounded(f.name, MOST_TITLE_CHARACTERS),
                "media_type": f.media_type,
                "key": f.key,
                "size_bytes": f.size_bytes,
            }
            for f in files
        ]
        return self._tail_of(self._stage.done, _OVER, result=result)

    def _tail_of(self, status: Status, step: int, **more: Any) -> bytes:
        """The fields behind `updated_at`; the same for every job unless *more* is given."""
        stage = self._stage
        fixed = {
            "stage_index": stage.index,
            "step": step,
            "terminal": stage.last and step == _OVER,
            "status": status.name,
            "progress": status.progress,
            "stage": stage.name,
            "error": None,
            "result": [],
        }
        return self._tail.encode(fixed | more)


def job_id_from(key: bytes | None) -> str | None:
    """The job_id a record's *key* names; None if it is none."""
    try:
        text = (key or b"").decode("ascii")
    except UnicodeDecodeError:
        return None
    return text if _JOB_ID.fullmatch(text) else None


def _require_same_bytes(job: Part, head: Part, record: str) -> None:
    """What is written by hand must be what the schemas say: the envelope, then the moment."""
    sample: Envelope = {
        "job_id": "job",
        "attempt": 2,
        "title": "title",
        "submitted_at": 3,
        "submitted_offset": 4,
        "timeline": [{"status": "status", "at": 5, "attempt": 7}],
    }
    ours = encode_envelope(sample)
    if job.encode({"job": sample}) != ours:
        raise ValueError(f"the job in {record} is not the envelope the runtime writes")
    if head.encode(sample | {"updated_at": 6}) != ours + encode_long(6):
        raise ValueError("the state record does not begin with the envelope and updated_at")


def _step(status: Status, attempt: int, at: int) -> dict[str, Any]:
    return {"status": status.name, "at": at, "attempt": attempt}


def _offset(message: Message) -> int:
    offset = message.offset()
    return UNKNOWN_OFFSET if offset is None else offset


def _shown(key: bytes | None) -> str:
    return "(none)" if key is None else repr(key[:64])
