"""A command lets a held job go: the command is the record's delivery, so it begins once by it.

What the handler comes to settles the command's own offset. So a release that is given twice, or
met again after a crash, finds the job held once.
"""

import logging
from dataclasses import replace
from typing import Final, Protocol

from headway.base.clock import Clock
from headway.base.errors import DecodeError, TransientError
from headway.commands.answered import Answered
from headway.edges.kafka import KafkaException, Message, describe
from headway.following.holdings import HELD, Parked
from headway.outcomes.dropped import Dropped
from headway.outcomes.rule import Rule
from headway.taking.ownership import Ownership
from headway.taking.task import Outcome, Task
from headway.tracing.jobtrace import Traces
from headway.wire.commands import Answer, Command, releases
from headway.wire.records import StageRecords

logger = logging.getLogger(__name__)

#: Between questions for a record while the cluster does not answer.
_PAUSE_SECONDS: Final = 1.0


class Reader(Protocol):
    """Reads one record by its place: `headway.edges.recordreader`."""

    def read(self, topic: str, partition: int, offset: int) -> Message | None: ...


class Releasing(Rule):
    """Puts the held record in the place of the command, and leaves the rest to those behind."""

    label = Answered.label

    def __init__(
        self,
        records: StageRecords,
        reader: Reader,
        ownership: Ownership,
        *,
        clock: Clock,
        traces: Traces | None = None,
    ) -> None:
        self._records = records
        self._reader = reader
        self._ownership = ownership
        self._clock = clock
        self._traces = traces

    def unopened(self, task: Task) -> Outcome | None:
        command = task.command
        if command is None or not releases(command, self._records.stage_name):
            return None
        jobs = task.partition.jobs
        place = self._ownership.lying(task, command.job_id)
        if place is None or place.tier != HELD or place.attempt != command.attempt:
            return self._not_held(task, command)
        message = self._read(task, place)
        if self._ownership.over(task):
            return Dropped()
        if message is None or message.key() != command.job_id.encode():
            return self._answered(command, "its record is not kept any more: submit it anew")
        jobs.held.leave(command.job_id)
        self._put(task, message, place)
        logger.debug("job.released", extra={"job_id": command.job_id, "by": command.by})
        return None

    def _put(self, task: Task, message: Message, place: Parked) -> None:
        task.message, task.released = message, True
        task.waits_at = self._records.held_at(task.partition.index, place.offset)
        try:
            carried = self._records.carried.of(message)
        except DecodeError as error:
            task.given_up = task.given_up or error
            return
        # Who took it over knows already how far it was.
        before = task.carried
        task.carried = replace(before, origin=carried.origin) if before else carried
        if self._traces is not None:
            task.trace = self._traces.taken(message)

    def _not_held(self, task: Task, command: Command) -> Outcome:
        if self._ownership.over(task):
            return Dropped()
        name, attempt = self._records.stage_name, command.attempt
        return self._answered(command, f"attempt {attempt} is not held in {name} (any more)")

    def _read(self, task: Task, place: Parked) -> Message | None:
        at = self._records.held_at(task.partition.index, place.offset)
        while True:
            try:
                return self._reader.read(at["topic"], at["partition"], at["offset"])
            except (KafkaException, TransientError) as error:
                logger.warning("held.unanswered", extra={"error": describe(error)})
                if self._ownership.pause(task, _PAUSE_SECONDS):
                    return None

    def _answered(self, command: Command, reason: str) -> Answered:
        told = {"job_id": command.job_id, "attempt": command.attempt, "reason": reason}
        logger.info("command.refused", extra=told)
        return Answered(command, Answer(accepted=False, reason=reason, at=self._clock.now_ms()))
