"""Commands, executed where the job is held: in the order of its key, behind whatever is in hand.

All there is of a job comes to one instance (`owning.lanes`), so what is known of it here is so, and
what a command does is in the frame that commits the command: twice is once.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace

from headway.base.clock import Clock
from headway.base.errors import DecodeError
from headway.commands.answered import Answered, Ignored
from headway.commands.asking import Asking, Lost
from headway.commands.cancelled import cancelled
from headway.commands.ending import FORGOTTEN
from headway.commands.executing import Executing
from headway.commands.forgotten import Forgotten
from headway.commands.redriven import Redriven
from headway.commands.reprocessed import Reprocessed
from headway.declared.backoff import Backoff
from headway.declared.pipeline import StageDeclaration
from headway.edges.kafka import Message
from headway.following.holdings import DEAD, HELD, Parked
from headway.outcomes.deadletter import has_claim
from headway.outcomes.dropped import Dropped
from headway.outcomes.rule import Rule
from headway.taking.ownership import Ownership
from headway.taking.task import Outcome, Task
from headway.wire.carried import Carried
from headway.wire.commands import CANCEL, RETRY, Answer, Command
from headway.wire.envelope import Envelope
from headway.wire.records import StageRecords

logger = logging.getLogger(__name__)


class Commands(Rule):
    """Has an answer to every record of an inlet of orders, and to no other."""

    label = Answered.label
    also = (Ignored.label, Redriven.label, Reprocessed.label, Forgotten.label)

    def __init__(
        self,
        declared: StageDeclaration,
        records: StageRecords,
        *,
        topics: tuple[str, ...],
        backoff: Backoff,
        most_redrives: int,
        asking: Asking,
        ownership: Ownership,
        clock: Clock,
        executing: Mapping[str, Executing],
    ) -> None:
        """*topics* are those of dead letters, of the tiers, and the last one of what is held.

        *executing* does what no method here does, by kind, where this stage is named.
        """
        self._declared = declared
        self._records = records
        self._topics = topics
        self._backoff = backoff
        self._most_redrives = most_redrives
        self._asking = asking
        self._ownership = ownership
        self._clock = clock
        self._executing = {RETRY: self._retry, **executing}

    def unopened(self, task: Task) -> Outcome | None:
        if not task.partition.orders or task.released:
            return None
        command = task.command
        if command is None:
            return Ignored()
        try:
            if command.kind == CANCEL:
                return self._cancel(task, command)
            execute = self._executing.get(command.kind)
            if execute is not None and command.stage == self._declared.name:
                return execute(task, command)
        except Lost:
            return Dropped()
        return Ignored()

    def _cancel(self, task: Task, command: Command) -> Outcome:
        """What waits is ended now; what comes later is met by `Cancelling`."""
        parked = self._ownership.lying(task, command.job_id)
        if parked is None or parked.tier == DEAD or parked.attempt != command.attempt:
            return Ignored()
        found = self._found(task, command, parked)
        if found is None:
            return Ignored()
        carried = found[1]
        when = "before it began" if parked.tier == HELD else "while it waited to be tried again"
        message = f"Cancelled{command.asked_by} {when}."
        now = self._clock.now_ms()
        return cancelled(task, carried.envelope, message, now, reached=carried.reached)

    def _retry(self, task: Task, command: Command) -> Outcome:
        held, following = task.partition.jobs.held, command.attempt + 1
        if held.is_forgotten(command.job_id, command.attempt):
            return self._answered(command, FORGOTTEN)
        parked = held.lying(command.job_id)
        newest = max(parked.attempt if parked else 0, held.opened.get(command.job_id, 0))
        newest = max(newest, task.partition.jobs.newest(command.job_id))
        if newest == following:
            return self._answered(command, f"attempt {following} is open already", accepted=True)
        if newest > following:
            return self._answered(
                command, f"attempt {command.attempt} is not the newest, {newest} is: name that one"
            )
        if parked is None or parked.tier != DEAD or parked.attempt != command.attempt:
            name, attempt = self._declared.name, command.attempt
            return self._answered(command, f"attempt {attempt} has not failed in {name}")
        if command.attempt > self._most_redrives:
            return self._answered(
                command,
                f"the job was sent back {self._most_redrives} times already (MAX_REDRIVES); mend "
                "what it fails of, then submit it anew",
            )
        return self._redrive(task, command, parked)

    def _redrive(self, task: Task, command: Command, parked: Parked) -> Outcome:
        found = self._found(task, command, parked)
        if found is None:
            return self._answered(command, "its dead letter is not kept any more: submit it anew")
        letter, before = found
        if has_claim(letter):
            return self._answered(
                command, "its record is too large to be sent back: submit it anew"
            )
        following, now = command.attempt + 1, self._clock.now_ms()
        if not self._backoff.delays_seconds:
            return self._answered(command, f"{self._declared.name} has no retry tier to send it to")
        wait = self._backoff.wait(1, now=now, partition=task.partition.index)
        opened: Envelope = {**before.envelope, "attempt": following}
        told = self._records.states.postponement(opened, now, f"Sent back{command.asked_by}.")
        carried = replace(
            before,
            envelope=told,
            tries=0,
            since=0,
            due_at=wait.due_at,
            error_class="",
            message="",
            reached=0,
        )
        task.partition.jobs.held.open(command.job_id, following)
        extra = {"job_id": command.job_id, "attempt": following, "by": command.by}
        logger.info("job.redriven", extra=extra)
        answer = Answer(accepted=True, reason=f"attempt {following} is open", at=now)
        return Redriven(command, answer, letter, carried, wait)

    def _found(
        self, task: Task, command: Command, parked: Parked
    ) -> tuple[Message, Carried] | None:
        """The record that lies parked, and what it carries; None if it is not what it should be."""
        place = self._topics[parked.tier], parked.offset
        message = self._asking.read(task, *place)
        if message is None:
            return None
        try:
            carried = self._records.carried.of(message)
        except DecodeError as error:
            logger.warning("parked.undecodable", extra={"place": place, "error": str(error)})
            return None
        envelope = carried.envelope
        same = (envelope["job_id"], envelope["attempt"]) == (command.job_id, parked.attempt)
        return (message, carried) if same else None

    def _answered(self, command: Command, reason: str, *, accepted: bool = False) -> Answered:
        if not accepted:
            told = {"job_id": command.job_id, "attempt": command.attempt, "reason": reason}
            logger.info("command.refused", extra=told)
        return Answered(command, Answer(accepted, reason, self._clock.now_ms()))
