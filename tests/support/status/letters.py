"""Dead letters as stages write them, and the list that has read them."""

from collections.abc import Mapping
from typing import Any

from confluent_kafka import Message
from support.status.records import START_MS
from support.status.rig import Rig
from support.status.topics import Log

from headway.edges.kafka import Headers
from headway.wire.carried import Carried, CarriedRecords, FirstPlace
from headway.wire.codec import Codec
from status.letters.shelf import Place

DAY_MS = 86_400_000


class Postbox:
    """Writes letters, which the list of a rig has read at once."""

    def __init__(self, rig: Rig, log: Log, codec: Codec) -> None:
        self._rig, self._log = rig, log
        self._carried = CarriedRecords(codec)
        self._next: dict[Place, int] = {}
        rig.shelf.bind("epoch")
        rig.shelf.complete()

    def letter(
        self, job_id: str | None, *, topic: str = "p1.dlq", value: bytes = b"bytes", **told: object
    ) -> tuple[str, int, int]:
        """One letter of a job; *told* is by the names of its headers, dots as underscores."""
        usual = {"stage": topic.partition(".")[0], "attempt": 1, "error_class": "StoreUnavailable"}
        said = usual | {"error_message": "away", "failed_at": self._log.now_ms} | told
        headers: Headers = [
            (f"headway.{name.replace('_', '.')}", str(word).encode()) for name, word in said.items()
        ]
        if job_id is not None:
            headers.append(self._carried.header(carried(job_id)))
        return self.post(topic, job_id, value, headers)

    def post(
        self, topic: str, key: str | None, value: bytes | None, headers: Headers
    ) -> tuple[str, int, int]:
        """One record of a dead-letter topic, as given."""
        partition = 0
        offset = self._next.get((topic, partition), 0)
        self._next[topic, partition] = offset + 1
        self._log.now_ms += 1
        message = Message(
            topic=topic,
            partition=partition,
            offset=offset,
            key=None if key is None else key.encode(),
            value=value,
            headers=headers,
            timestamp=(1, self._log.now_ms),
        )
        self._rig.kafka[topic, partition, offset] = message
        letters = [self._rig.letters.of(message)]
        self._rig.shelf.keep(letters, {(topic, partition): offset + 1})
        return topic, partition, offset

    def failed(
        self, job_id: str, *, retry_available: bool = True, attempt: int = 1, **told: object
    ) -> tuple[str, int, int]:
        """A letter, and the state of its job that names it."""
        place = self.letter(job_id, attempt=attempt, **told)  # type: ignore[arg-type]  # by name
        error = failure(place, retry_available=retry_available)
        self._log.state(job_id, "FAILED", attempt=attempt, error=error)
        self._rig.apply()
        return place


def carried(job_id: str) -> Carried:
    """What a stage carries with the record of a job."""
    envelope = {
        "job_id": job_id,
        "attempt": 1,
        "title": "data.csv",
        "submitted_at": START_MS,
        "submitted_offset": 0,
        "timeline": [],
    }
    return Carried(envelope, FirstPlace("jobs.submitted", 0, 0, START_MS))


def failure(place: tuple[str, int, int], *, retry_available: bool) -> Mapping[str, Any]:
    """The error of a job whose dead letter lies there."""
    topic, partition, offset = place
    return {
        "stage": topic.partition(".")[0],
        "error_class": "StoreUnavailable",
        "message": "away",
        "retry_available": retry_available,
        "dead_letter": {"topic": topic, "partition": partition, "offset": offset},
    }
