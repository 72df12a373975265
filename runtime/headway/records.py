"""What a stage reads and says, as records: the envelope is opened, carried on, told as state."""

import re
from typing import Any, Final

from headway.catalog import Catalog
from headway.codec import Codec, split_version
from headway.errors import DecodeError, PermanentError
from headway.handler import Done
from headway.kafka import Message
from headway.pipeline import Pipeline, StageDeclaration, Status
from headway.tasks import Envelope

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
        self._pipeline = pipeline
        self._first = stage.source == pipeline.source
        self._source = split_version(catalog[stage.source].value)[0]
        self._sink = split_version(catalog[stage.sink].value)[0]
        self._state = split_version(catalog[pipeline.state].value)[0]
        self._progress = split_version(catalog[pipeline.progress].value)[0]

    def open(self, message: Message) -> tuple[Envelope, dict[str, Any]]:
        """The envelope and the stage's own fields of a source record.

        Raises:
            DecodeError: the key is no job_id, the value is not the declared record, or they
                name different jobs.
        """
        job_id = job_id_of(message)
        value = self._codec.decode(message.value(), self._source).value
        if job_id is None:
            raise DecodeError(
                f"the key {_shown(message.key())} is no job_id: 1 to 128 characters of "
                "A-Z a-z 0-9 . _ - in UTF-8"
            )
        envelope = self._opened(message, value) if self._first else value.pop("job")
        if envelope["job_id"] != job_id:
            raise DecodeError(
                f"the key says job {job_id}, the value says {envelope['job_id'][:128]!r}: "
                "they must be the same"
            )
        return envelope, value

    def fallback(self, message: Message) -> Envelope | None:
        """An envelope for a record that cannot be opened; None if it names no job."""
        job_id = job_id_of(message) or self._job_id_inside(message)
        if job_id is None:
            return None
        at = message.timestamp()[1]
        return {
            "job_id": job_id,
            "attempt": 1,
            "title": job_id,
            "submitted_at": at,
            "submitted_offset": _offset(message) if self._first else UNKNOWN_OFFSET,
            "timeline": [{"status": self._pipeline.queued.name, "at": at}],
        }

    def running(self, envelope: Envelope, at: int) -> bytes:
        """The state of a job whose handler runs since *at* (ms)."""
        status = self._stage.running
        return self._encode_state(envelope, status, [_step(status, at)], _RUNNING)

    def finished(
        self, envelope: Envelope, done: Done, started_at: int, at: int
    ) -> tuple[bytes, bytes]:
        """The next record and the new state of a job that ran from *started_at* to *at* (ms).

        Raises:
            PermanentError: a record would be larger than a broker takes.
        """
        stage = self._stage
        steps = [_step(stage.running, started_at), _step(stage.done, at)]
        carried = envelope | {"timeline": envelope["timeline"] + steps}
        output = self._codec.encode(self._sink, {**done.payload, "job": carried})
        result = [
            {"name": f.name, "media_type": f.media_type, "key": f.key, "size_bytes": f.size_bytes}
            for f in done.result
        ]
        state = self._encode_state(envelope, stage.done, steps, _OVER, result=result)
        for size in (len(output), len(state)):
            if size > MAX_RECORD_BYTES:
                raise PermanentError(
                    f"the result of {stage.name} is a record of {size:,} bytes, above "
                    f"{MAX_RECORD_BYTES:,}; large data belongs in the object store"
                )
        return output, state

    def failed(self, envelope: Envelope, at: int, error: dict[str, Any]) -> bytes:
        """The state of a job that this stage gave up at *at* (ms)."""
        status = Status(self._pipeline.failed, self._stage.running.progress)
        steps = [_step(status, at)]
        return self._encode_state(envelope, status, steps, _OVER, error=error, terminal=True)

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
        at = message.timestamp()[1]
        return {
            "job_id": value.pop("job_id"),
            "attempt": 1,
            "title": value.pop("title"),
            "submitted_at": at,
            "submitted_offset": _offset(message),
            "timeline": [{"status": self._pipeline.queued.name, "at": at}],
        }

    def _job_id_inside(self, message: Message) -> str | None:
        try:
            value = self._codec.decode(message.value(), self._source).value
        except DecodeError:
            return None
        inside = str((value if self._first else value["job"])["job_id"])
        return inside if _JOB_ID.fullmatch(inside) else None

    def _encode_state(
        self,
        envelope: Envelope,
        status: Status,
        steps: list[dict[str, Any]],
        step: int,
        *,
        error: dict[str, Any] | None = None,
        result: list[dict[str, Any]] | None = None,
        terminal: bool | None = None,
    ) -> bytes:
        stage = self._stage
        state = envelope | {
            "stage_index": stage.index,
            "step": step,
            "terminal": stage.last and step == _OVER if terminal is None else terminal,
            "status": status.name,
            "progress": status.progress,
            "updated_at": steps[-1]["at"],
            "stage": stage.name,
            "timeline": envelope["timeline"] + steps,
            "error": error,
            "result": result or [],
        }
        return self._codec.encode(self._state, state)


def job_id_of(message: Message) -> str | None:
    """The job_id a record's key names; None if the key is none."""
    return job_id_from(message.key())


def job_id_from(key: bytes | None) -> str | None:
    try:
        text = (key or b"").decode("ascii")
    except UnicodeDecodeError:
        return None
    return text if _JOB_ID.fullmatch(text) else None


def _step(status: Status, at: int) -> dict[str, Any]:
    return {"status": status.name, "at": at}


def _offset(message: Message) -> int:
    offset = message.offset()
    return UNKNOWN_OFFSET if offset is None else offset


def _shown(key: bytes | None) -> str:
    return "(none)" if key is None else repr(key[:64])
