"""What a stage says of its jobs in the state topic, as bytes: the envelope, then its own words."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from headway.base.words import MOST_TITLE_CHARACTERS, bounded
from headway.declared.handler import ResultFile
from headway.declared.pipeline import Pipeline, StageDeclaration, Status
from headway.edges.kafka import Headers, Message
from headway.edges.messages import headers_of
from headway.wire.codec import Codec, Part
from headway.wire.envelope import Envelope, encode_envelope, encode_long, grown, step_of

_RUNNING, _OVER = 0, 1
#: The class in a job's error that nothing went wrong with.
_CANCELLED: Final = "Cancelled"
#: The class of what is told of a job that was at work when its owner went.
WORKER_LOST: Final = "WorkerLost"
#: What a job is held for: a time of its own, until a command releases it; the stage's window.
NOT_BEFORE: Final = "not before"
WINDOW: Final = "window"
#: The header by which a tombstone says up to which attempt there was: so a further submission of
#: what was done before is still known for a duplicate. One that people wrote by hand has none.
_FORGOTTEN: Final = "headway.forgotten"
_ATTEMPT: Final = re.compile(r"[0-9]{1,7}", re.ASCII)


class StateRecords:
    """The states of one stage; stateless, so safe to share by threads."""

    def __init__(
        self, codec: Codec, pipeline: Pipeline, record: str, stage: StageDeclaration
    ) -> None:
        self._stage = stage
        self._pipeline = pipeline
        self._header = codec.header(record)
        self.head, self._tail = codec.parts(record, "updated_at")
        self._running_tail = self._tail_of(stage.running, _RUNNING)
        self._done_tail = self._tail_of(stage.done, _OVER)
        earlier = pipeline.stages[: stage.index - 1]
        self._before = earlier[-1].done.progress if earlier else pipeline.queued.progress

    def running(
        self,
        envelope: Envelope,
        at: int,
        *,
        tries: int = 0,
        since: int = 0,
        waits_at: Mapping[str, Any] | None = None,
    ) -> bytes:
        """An opened job whose handler runs since *at* (ms); never too large.

        *tries* later ones were had since it first failed here at *since* (ms). *waits_at* is where
        its record lies, if it was held: whoever takes over finds it by that alone.
        """
        step = step_of(self._stage.running.name, envelope["attempt"], at)
        tail = self._running_tail
        if tries or waits_at:
            told = {"tries": tries, "since": since or None, "waits_at": waits_at}
            tail = self._tail_of(self._stage.running, _RUNNING, **told)
        return self._state(encode_envelope(envelope, step), at, tail)

    def finished(self, shared: bytes, at: int, result: Iterable[ResultFile]) -> bytes:
        """A job that this stage is done with; *shared* is its envelope, encoded."""
        tail = self._result_tail(result) if result else self._done_tail
        return self._state(shared, at, tail)

    def failed(
        self, envelope: Envelope, at: int, error: Mapping[str, Any], *, reached: int = 0
    ) -> bytes:
        """An opened job that this stage gave up at *at* (ms); never too large.

        *envelope* has that step, see `failure`. *reached* is the percent it had reported: whoever
        watched it must not see it fall. *error* is made of words that are bounded and encodable.
        """
        status = self._stopped(self._pipeline.failed, reached)
        tail = self._tail_of(status, _OVER, error=error, terminal=True)
        return self._state(encode_envelope(envelope), at, tail)

    def failure(self, envelope: Envelope, at: int, detail: str, *, began: int = 0) -> Envelope:
        """*envelope* with the step of `failed`, and where *began* (ms) is known that of its run."""
        return self._grown(envelope, self._pipeline.failed, at, detail, began)

    def retry_scheduled(
        self,
        envelope: Envelope,
        at: int,
        *,
        error: Mapping[str, Any] | None,
        due_at: int,
        tries: int,
        waits_at: Mapping[str, Any],
        since: int = 0,
        reached: int = 0,
    ) -> bytes:
        """An opened job that this stage takes again when *due_at* (ms) has come; never too large.

        *envelope* has that step, see `postponement`; *waits_at* is where its record lies.
        """
        status = self._stopped(self._pipeline.retry_scheduled, reached)
        told = {"due_at": due_at, "tries": tries, "since": since or None, "waits_at": waits_at}
        tail = self._tail_of(status, _RUNNING, error=error, **told)
        return self._state(encode_envelope(envelope), at, tail)

    def passing_error(self, error_class: str, message: str) -> dict[str, Any]:
        """An error of this stage that may pass, as `retry_scheduled` tells it."""
        return {
            "stage": self._stage.name,
            "error_class": error_class,
            "message": message,
            "retry_available": True,
            "dead_letter": None,
        }

    def postponement(self, envelope: Envelope, at: int, detail: str, *, began: int = 0) -> Envelope:
        """*envelope* with the step of `retry_scheduled`."""
        return self._grown(envelope, self._pipeline.retry_scheduled, at, detail, began)

    def scheduled(
        self,
        envelope: Envelope,
        at: int,
        *,
        held: str,
        due_at: int | None,
        waits_at: Mapping[str, Any],
        tries: int = 0,
        since: int = 0,
        reached: int = 0,
    ) -> bytes:
        """An opened job that this stage holds until *due_at* (ms), if that is known.

        *envelope* has that step, see `holding`; *held* is what it waits for, *waits_at* where its
        record lies. One that was not begun here is as far as the stage before has brought it.
        """
        floor = self._stage.running.progress if tries else self._before
        status = Status(self._pipeline.scheduled, max(reached, floor))
        told = {"due_at": due_at, "tries": tries, "since": since or None, "waits_at": waits_at}
        tail = self._tail_of(status, _RUNNING, held=held, **told)
        return self._state(encode_envelope(envelope), at, tail)

    def holding(self, envelope: Envelope, at: int, detail: str) -> Envelope:
        """*envelope* with the step of `scheduled`, unless the same is its last one."""
        last = envelope["timeline"][-1] if envelope["timeline"] else {}
        known = (last.get("status"), last.get("attempt"), last.get("detail"))
        if known == (self._pipeline.scheduled, envelope["attempt"], detail):
            return envelope
        return self._grown(envelope, self._pipeline.scheduled, at, detail, 0)

    def cancelled(
        self, envelope: Envelope, at: int, message: str, *, began: int = 0, reached: int = 0
    ) -> bytes:
        """An opened job that was cancelled; never too large."""
        error = {
            "stage": self._stage.name,
            "error_class": _CANCELLED,
            "message": message,
            "retry_available": False,
            "dead_letter": None,
        }
        status = self._stopped(self._pipeline.cancelled, reached)
        told = self._grown(envelope, status.name, at, message, began)
        tail = self._tail_of(status, _OVER, error=error, terminal=True)
        return self._state(encode_envelope(told), at, tail)

    def _grown(self, envelope: Envelope, status: str, at: int, detail: str, began: int) -> Envelope:
        attempt = envelope["attempt"]
        run = (step_of(self._stage.running.name, attempt, began),) if began else ()
        return grown(envelope, *run, step_of(status, attempt, at, detail))

    def _stopped(self, status: str, reached: int) -> Status:
        return Status(status, max(reached, self._stage.running.progress))

    def _state(self, envelope: bytes, at: int, tail: bytes) -> bytes:
        return self._header + envelope + encode_long(at) + tail

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
            "due_at": None,
            "tries": 0,
            "since": None,
            "waits_at": None,
            "held": None,
        }
        return self._tail.encode(fixed | more)


def require_same_bytes(job: Part, head: Part, record: str) -> None:
    """What is written by hand must be what the schemas say: the envelope, then the moment.

    Raises:
        ValueError: it is not.
    """
    sample: Envelope = {
        "job_id": "job",
        "attempt": 2,
        "order_key": "order",
        "tags": ["tag", "another"],
        "sources": [7, -1],
        "title": "title",
        "submitted_at": 3,
        "submitted_offset": 4,
        "timeline": [step_of("status", 7, 5), step_of("status", 7, 5, "detail")],
    }
    ours = encode_envelope(sample)
    if job.encode({"job": sample}) != ours:
        raise ValueError(f"the job in {record} is not the envelope the runtime writes")
    if head.encode(sample | {"updated_at": 6}) != ours + encode_long(6):
        raise ValueError("the state record does not begin with the envelope and updated_at")


def tombstone_headers(attempt: int) -> Headers:
    """The headers of the tombstone of a job that was done in *attempt*."""
    return [(_FORGOTTEN, b"%d" % attempt)]


def attempt_forgotten(tombstone: Message) -> int:
    """The attempt up to which there was a job; 0 where *tombstone* does not say."""
    found = [value for name, value in headers_of(tombstone) if name == _FORGOTTEN]
    value = found[-1] if found else None
    text = value.decode("ascii", "replace") if isinstance(value, bytes) else value or ""
    return int(text) if _ATTEMPT.fullmatch(text) else 0
