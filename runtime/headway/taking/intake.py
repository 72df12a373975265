"""Records into tasks: polled while there is room, so memory is bounded and the group served.

Without room nothing is polled. After a moment of that the flow pauses every partition, and polling
goes on empty, since a rebalance is answered only from the poll.
"""

import logging
from collections.abc import Iterable
from typing import Final

from headway.base.errors import DecodeError
from headway.edges import kafka
from headway.edges.messages import is_out_of_range
from headway.owning.assignment import Assignment
from headway.owning.flow import Flow
from headway.owning.partition import OwnedPartition
from headway.owning.place import Place
from headway.taking.deliveries import Deliveries
from headway.taking.early import Early
from headway.taking.interrupted import Interrupted
from headway.taking.lying import Lying
from headway.taking.task import Task, keyless
from headway.taking.unreadable import Unreadable
from headway.taking.waiting import Waiting
from headway.tracing.jobtrace import Traces
from headway.wire.carried import Carried
from headway.wire.commands import CANCEL, Command, CommandRecords, releases
from headway.wire.records import StageRecords

logger = logging.getLogger(__name__)

#: Records taken before the room is looked at again: their bytes are known only then, and so many
#: of the largest are as much as the buffer takes by default.
_AT_ONCE: Final = 64


class Intake:
    """Takes records from the consumer and hands them on to begin."""

    def __init__(
        self,
        consumer: kafka.Consumer,
        assignment: Assignment,
        deliveries: Deliveries,
        flow: Flow,
        *,
        unreadable: Unreadable,
        waiting: Waiting,
        lying: Lying,
        early: Early,
        interrupted: Interrupted,
        records: StageRecords,
        commands: CommandRecords,
        traces: Traces | None = None,
    ) -> None:
        self._consumer = consumer
        self._assignment = assignment
        self._deliveries = deliveries
        self._flow = flow
        self._draining = flow.reason("draining")
        self._unreadable = unreadable
        self._waiting = waiting
        self._lying = lying
        self._early = early
        self._interrupted = interrupted
        self._commands = commands
        self._traces = traces
        self._records = records
        self._carried = records.carried
        self._attempt_of = records.attempt_of

    def take(self, timeout: float) -> None:
        """Poll once, waiting up to *timeout* s for the first record."""
        for task in self._unreadable.advance():
            if task.partition.offsets.begin(task.offset):
                self._submit(task)
        self._begin_what_waited()
        room = self._flow.room
        if not room and not self._flow.paused:
            return
        soon = min(timeout, self._waiting.next_seconds, self._early.next_seconds)
        first = self._consumer.poll(soon if room else 0)
        batch = [] if first is None else [first]
        while batch:
            self.begin(batch)
            # What is to wait is paused before more of it comes.
            self._flow.apply()
            most = min(self._flow.room, _AT_ONCE)
            batch = self._consumer.consume(most, timeout=0) if most else []

    def begin(self, messages: Iterable[kafka.Message]) -> None:
        """Hand polled records on, less those that are done, begun or not ours."""
        for message in messages:
            self._begin(message)

    def serve_group(self) -> None:
        """Answer the group without taking records: partitions stay paused from now on."""
        self._draining.pause()
        self._flow.apply()
        self._consumer.poll(0)

    def _begin_what_waited(self) -> None:
        self._lying.mind(self._assignment.owned)
        for partition, message, carried in self._waiting.due(self._flow.room):
            self._begin_again(partition, message, carried)
        for partition, message, carried in self._lying.begun(self._flow.room):
            self._begin_again(partition, message, carried)
        for task in self._early.due():
            if task.partition.lost:
                self._flow.free(1, task.size_bytes)
            else:
                self._deliveries.submit(task)

    def _begin(self, message: kafka.Message) -> None:
        place = message.topic() or "", message.partition() or 0
        partition = self._assignment.owned.get(place)
        error = message.error()
        if error is not None:
            self._note(message, place, partition, error)
            return
        offset = message.offset()
        if partition is None or offset is None:
            return
        if offset < (partition.offsets.next_offset or 0):
            self._assignment.went_back(place, f"offset {offset} came again")
        elif partition.waits or partition.holds:
            self._begin_if_due(partition, message)
        elif partition.orders:
            self._begin_order(partition, offset, message)
        elif partition.offsets.begin(offset):
            self._submit(self._task(partition, offset, message))

    def _begin_if_due(self, partition: OwnedPartition, message: kafka.Message) -> None:
        try:
            carried = self._carried.of(message)
        except DecodeError as error:
            offset = message.offset() or 0
            if partition.offsets.begin(offset):
                task = self._task(partition, offset, message)
                task.given_up = error
                self._submit(task)
            return
        waits = self._lying.keeps if partition.holds else self._waiting.holds
        if not waits(partition, message, carried):
            self._begin_again(partition, message, carried)

    def _begin_order(self, partition: OwnedPartition, offset: int, message: kafka.Message) -> None:
        """A cancel counts from now on, also for what is at work: it is not waited for."""
        if not partition.offsets.begin(offset):
            return
        key = message.key() or keyless(partition, offset)
        task = Task(partition, offset, message, key, len(message))
        try:
            task.command = command = self._commands.read(message)
        except DecodeError as error:
            extra = {"partition": partition.index, "offset": offset, "error": str(error)}
            logger.warning("command.undecodable", extra=extra)
        else:
            if command.kind == CANCEL:
                partition.jobs.held.cancel(command.job_id, command.attempt)
            elif releases(command, self._records.stage_name) and self._is_early(task, command):
                return
        self._submit(task)

    def _is_early(self, task: Task, command: Command) -> bool:
        """Whether the release *task* has to wait a moment; then it is in hand already."""
        held = task.partition.jobs.held
        place = held.held.get(command.job_id)
        if place is None:
            return False
        if command.job_id in held.resting:
            task.waits_at = self._records.held_at(task.partition.index, place.offset)
            self._interrupted.met(task, command.job_id)
        early = self._early.keeps(task, place.due_at)
        if early:
            self._flow.take(task.size_bytes)
        return early

    def _begin_again(
        self, partition: OwnedPartition, message: kafka.Message, carried: Carried
    ) -> None:
        offset, envelope = message.offset() or 0, carried.envelope
        if not partition.offsets.begin(offset):
            return
        key = message.key() or keyless(partition, offset)
        task = Task(partition, offset, message, key, len(message), carried=carried)
        if partition.holds:  # whether it lies there still is asked by who works on it
            task.waits_at = self._records.held_at(partition.index, offset)
        else:
            partition.jobs.held.leave(envelope["job_id"])
        task.duplicate = partition.jobs.is_over(envelope["job_id"], envelope["attempt"])
        self._interrupted.met(task, envelope["job_id"])
        self._submit(task)

    def _note(
        self,
        notice: kafka.Message,
        place: Place,
        partition: OwnedPartition | None,
        error: kafka.KafkaError,
    ) -> None:
        """What the client has to say of a partition, or of itself."""
        if is_out_of_range(notice):
            self._assignment.went_back(place, error.str())
        elif partition is None or not self._unreadable.met(notice, partition):
            # The client goes on by itself; what it cannot mend shows as readiness and lag.
            logger.warning("consumer.error", extra={"code": error.name(), "detail": error.str()})

    def _task(self, partition: OwnedPartition, offset: int, message: kafka.Message) -> Task:
        raw_key = message.key()
        # A record without a key has no order to keep: its own offset stands for one.
        key = raw_key or keyless(partition, offset)
        task = Task(partition, offset, message, key, len(message))
        if raw_key:
            attempt = self._attempt_of(raw_key, message.value() or b"")
            job_id = raw_key.decode("ascii", "replace")
            at = message.timestamp()[1]
            task.duplicate = not partition.takes(job_id, attempt, offset, at)
            if partition.jobs.held.resting:  # only for a while after a takeover
                self._interrupted.met(task, job_id)
        return task

    def _submit(self, task: Task) -> None:
        if self._traces is not None:
            task.trace = self._traces.taken(task.message)
        self._flow.take(task.size_bytes)
        self._deliveries.submit(task)
