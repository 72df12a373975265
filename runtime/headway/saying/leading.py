"""Records whose offsets others name: a dead letter, whose place FAILED tells."""

from collections.abc import Callable, Sequence
from functools import partial

from headway.edges import kafka
from headway.saying.batches import produce
from headway.saying.fate import RECORD_FAULTS, FrameAborted
from headway.taking.task import Outcome, Task
from headway.wire.route import Record, Route


class Leading:
    """The leading records of one frame, and the offsets they get."""

    def __init__(self, tasks: Sequence[Task], route: Route) -> None:
        self._records: dict[Task, Sequence[Record]] = {}
        for task in tasks:
            outcome = task.outcome
            if outcome is None or type(outcome).leading is Outcome.leading:
                continue  # nearly all: they cost no call
            if records := outcome.leading(task, route):
                self._records[task] = records
        self._offsets: dict[Task, dict[int, int]] = {task: {} for task in self._records}
        self._refused: list[Task] = []

    def say(self, producer: kafka.Producer, flush: Callable[[], None]) -> dict[Task, Sequence[int]]:
        """Produce them; the offsets of each task's. *flush* blocks until the broker has them.

        Only frames with such records wait for that.

        Raises:
            FrameAborted: not all of them were delivered.
        """
        if not self._records:
            return {}
        for task, records in self._records.items():
            for number, record in enumerate(records):
                produce(producer, record, task, partial(self._delivered, task, number))
        flush()
        missing = sum(
            len(self._offsets[task]) < len(records) for task, records in self._records.items()
        )
        if self._refused or missing:
            raise FrameAborted(
                f"the leading records of {missing} tasks (dead letters) were not delivered",
                refused=self._refused,
                passing=not self._refused,
            )
        return {
            task: [found[number] for number in range(len(found))]
            for task, found in self._offsets.items()
        }

    def _delivered(
        self, task: Task, number: int, error: kafka.KafkaError | None, message: kafka.Message
    ) -> None:
        offset = message.offset()
        if error is None and offset is not None and offset >= 0:
            self._offsets[task][number] = offset
        elif error is not None and error.code() in RECORD_FAULTS:
            self._refused.append(task)
