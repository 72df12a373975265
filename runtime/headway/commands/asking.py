"""Questions of commands to the cluster: asked until it answers, or the work is not ours."""

import logging
from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from headway.base.errors import TransientError
from headway.edges.kafka import KafkaException, Message, describe
from headway.taking.ownership import Ownership
from headway.taking.task import Task

logger = logging.getLogger(__name__)

#: Between questions for a record while the cluster does not answer.
_PAUSE_SECONDS: Final = 1.0

T = TypeVar("T")


class Reader(Protocol):
    """Reads single records: `headway.edges.recordreader`."""

    def read(self, topic: str, partition: int, offset: int) -> Message | None: ...

    def newest(
        self, topic: str, partition: int, key: bytes, lost: Callable[[], bool]
    ) -> Message | None: ...

    def holds(self, topic: str, partition: int, offset: int) -> bool: ...


class Ahead(Protocol):
    """Reads single records, and what lies behind them: `headway.holding.readahead`."""

    def read(self, topic: str, partition: int, offset: int) -> Message | None: ...


class Lost(Exception):  # noqa: N818 - names the condition
    """Raised where the work is not ours any more."""


class Asking:
    """Blocks a worker until the cluster answers; shared by all of them."""

    def __init__(self, reader: Reader, ahead: Ahead, ownership: Ownership) -> None:
        self._reader = reader
        self._ahead = ahead
        self._ownership = ownership

    def read(self, task: Task, topic: str, offset: int) -> Message | None:
        """The record at *offset* in the partition of *task*'s number; None if it is not there.

        Raises:
            Lost: the work is not ours any more.
        """
        return self._answer(task, lambda: self._reader.read(topic, task.partition.index, offset))

    def read_ahead(self, task: Task, topic: str, offset: int) -> Message | None:
        """As `read`, for whoever is going to want what lies behind it.

        One that was deleted meanwhile may be found still.

        Raises:
            Lost: the work is not ours any more.
        """
        return self._answer(task, lambda: self._ahead.read(topic, task.partition.index, offset))

    def newest(self, task: Task, topic: str, key: bytes) -> Message | None:
        """The newest record of *key* in the partition of *task*'s number, which is read for it.

        Raises:
            Lost: the work is not ours any more.
        """
        index, lost = task.partition.index, lambda: task.partition.lost

        return self._answer(task, lambda: self._reader.newest(topic, index, key, lost))

    def holds(self, task: Task, topic: str, offset: int) -> bool:
        """Whether the partition of *task*'s number still has what was written at *offset*.

        Raises:
            Lost: the work is not ours any more.
        """
        return self._answer(task, lambda: self._reader.holds(topic, task.partition.index, offset))

    def _answer(self, task: Task, question: Callable[[], T]) -> T:
        while True:
            try:
                return question()
            except (KafkaException, TransientError) as error:
                logger.warning("parked.unanswered", extra={"error": describe(error)})
                if self._ownership.pause(task, _PAUSE_SECONDS):
                    raise Lost from error
