"""How far running jobs are, sampled and sent beside the frames: lossy, and cheap to lose."""

from typing import Final

from headway.base.clock import Clock
from headway.edges import kafka
from headway.taking.task import Task
from headway.wire.records import StageRecords

_INTERVAL_SECONDS: Final = 0.2


class ProgressReports:
    """Samples the tasks at work; only jobs whose RUNNING is committed are told of.

    What is told of a run that nobody will hear of would be taken for the next one's.
    """

    def __init__(
        self, producer: kafka.Producer, topic: str, records: StageRecords, *, clock: Clock
    ) -> None:
        self._producer = producer
        self._topic = topic
        self._records = records
        self._clock = clock
        self._next_at = 0.0

    def sample(self, running: list[Task]) -> None:
        """Send what has changed since the last sample; never blocks."""
        now = self._clock.monotonic()
        if now < self._next_at:
            return
        self._next_at = now + _INTERVAL_SECONDS
        for task in running:
            known = task.announced and task.told
            if known and task.progress is not None and task.progress != task.progress_sent:
                self._send(task, *task.progress)
        self._producer.poll(0)

    def close(self) -> None:
        self._producer.flush(1.0)

    def _send(self, task: Task, percent: int, note: str) -> None:
        envelope = task.envelope
        if envelope is None:
            return
        task.progress_sent = (percent, note)
        value = self._records.progress(envelope, percent, note, self._clock.now_ms())
        try:
            self._producer.produce(
                self._topic, value=value, key=task.key, partition=task.partition.index
            )
        except (BufferError, kafka.KafkaException):
            task.progress_sent = None
