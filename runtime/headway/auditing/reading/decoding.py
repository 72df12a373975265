"""Records into facts, topic by topic.

What anybody may write into a topic is believed in nothing: what cannot be read there is no fact of
a job, or one that opens nothing. What only stages write is read by the newest schema, and a record
of a newer release ends the audit: it cannot say what it does not understand.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

from headway.auditing.facts import (
    Command,
    Lying,
    Output,
    Position,
    Result,
    State,
    Step,
    Submission,
    Tombstone,
    Waiting,
    digest_of,
)
from headway.auditing.history import History, Job
from headway.auditing.reading.deadletters import letter_of
from headway.auditing.reading.opening import Opening
from headway.base.errors import DecodeError, UnknownSchema
from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline, StageDeclaration
from headway.edges.kafka import Message
from headway.wire.carried import Carried
from headway.wire.codec import Codec
from headway.wire.commands import CommandRecords
from headway.wire.identity import Attempts
from headway.wire.records import job_id_from
from headway.wire.states import NOT_BEFORE, attempt_forgotten

#: Takes a record; the job that it is of.
_Taker: TypeAlias = Callable[[Message, Position, History], Job | None]


class Decoder:
    """Takes the records of a cluster's topics into histories; for one thread."""

    def __init__(self, codec: Codec, pipeline: Pipeline, catalog: Catalog) -> None:
        self._opening = Opening(codec, pipeline, catalog)
        self._commands = CommandRecords(codec)
        self._attempt_of = Attempts(codec, self._opening.record(pipeline.source)).of
        self._takers: dict[str, _Taker] = {
            pipeline.source: self._submission,
            pipeline.state: self._state,
            pipeline.commands: self._command,
            pipeline.results: self._result,
        }
        for stage in pipeline.stages:
            self._takers[stage.sink] = partial(self._output, stage)
            self._takers[stage.dead_letters] = partial(self._letter, stage)
            waiting = partial(self._waiting, stage)
            self._takers |= dict.fromkeys(stage.retry_topics, waiting)
            self._takers[stage.held] = partial(self._lying, stage)

    @property
    def topics(self) -> tuple[str, ...]:
        """Every topic that is read, by its logical name."""
        return tuple(self._takers)

    def take(self, message: Message, topic: str, history: History) -> None:
        """Take one record of *topic* (logical name) into *history*, if it is of its share.

        One whose key is no job_id may name its job inside: every share takes it.

        Raises:
            UnknownSchema: a newer release wrote it.
        """
        key = message.key()
        named = job_id_from(key) is not None
        if named and not history.share.has(key or b""):
            return
        at = Position(topic, message.partition() or 0, message.offset() or 0)
        counts = named or not history.share.number
        history.records[topic] += counts
        job = self._takers[topic](message, at, history)
        if job is None:
            history.nameless += counts
        else:
            job.newest = max(job.newest, message.timestamp()[1])

    def _submission(self, message: Message, at: Position, history: History) -> Job | None:
        _keep(message, at, history)
        job_id, value = self._opening.opened(message, at.topic)
        if job_id is None:
            return None
        job, written = history.job(job_id), message.timestamp()[1]
        attempt = self._attempt_of(message.key() or b"", message.value() or b"")
        job.submissions.append(Submission(at, written, attempt, opens=value is not None))
        job.since = min(job.since, written)
        return job

    def _output(
        self, stage: StageDeclaration, message: Message, at: Position, history: History
    ) -> Job | None:
        if not stage.last:
            _keep(message, at, history)
        job_id, value = self._opening.opened(message, at.topic)
        if job_id is None:
            return None
        job = history.job(job_id)
        if value is not None:
            told, written = value["job"], message.timestamp()[1]
            output = Output(at, written, stage.index, told["attempt"], told["submitted_offset"])
            job.outputs.append(output)
            job.since = min(job.since, told["submitted_at"])
        return job

    def _state(self, message: Message, at: Position, history: History) -> Job | None:
        job_id = job_id_from(message.key())
        if job_id is None:
            return None
        if message.value() is None:
            job = history.job(job_id)
            job.forgotten = True
            if attempt := attempt_forgotten(message):
                job.tombstone = Tombstone(at, message.timestamp()[1], attempt)
            return job
        value = self._opening.told(message, at.topic)
        if value is None:
            return None
        job = history.job(job_id)
        job.states.append(self._state_of(value, at, message.timestamp()[1]))
        job.timelines[value["attempt"]] = tuple(
            Step(step["status"], step["attempt"], step["at"]) for step in value["timeline"]
        )
        job.since = min(job.since, value["submitted_at"])
        return job

    def _state_of(self, value: dict[str, Any], at: Position, written: int) -> State:
        error = value["error"]
        return State(
            at,
            written,
            value["attempt"],
            value["stage_index"],
            value["step"],
            value["terminal"],
            value["status"],
            value["updated_at"],
            value["submitted_offset"],
            has_error=error is not None,
            letter=self._opening.named(error["dead_letter"]) if error else None,
            due=value["due_at"],
            waits_at=self._opening.named(value["waits_at"]),
            held=value["held"],
        )

    def _waiting(
        self, stage: StageDeclaration, message: Message, at: Position, history: History
    ) -> Job | None:
        digest, carried = _keep(message, at, history), self._carried(message)
        if carried is None:
            return None
        told = carried.envelope
        job = history.job(told["job_id"])
        job.waits.append(
            Waiting(
                at,
                message.timestamp()[1],
                stage.index,
                told["attempt"],
                carried.tries,
                told["timeline"][-1]["at"] if told["timeline"] else 0,
                carried.due_at,
                opening=not carried.error_class,
                origin=self._opening.place(*carried.origin[:3]),
                opened_at=told["submitted_offset"],
                digest=digest,
            )
        )
        job.since = min(job.since, told["submitted_at"])
        return job

    def _lying(
        self, stage: StageDeclaration, message: Message, at: Position, history: History
    ) -> Job | None:
        digest, carried = _keep(message, at, history), self._carried(message)
        if carried is None:
            return None
        told = carried.envelope
        job = history.job(told["job_id"])
        lying = Lying(
            at,
            message.timestamp()[1],
            stage.index,
            told["attempt"],
            carried.due_at if carried.held == NOT_BEFORE else 0,
            origin=self._opening.place(*carried.origin[:3]),
            opened_at=told["submitted_offset"],
            digest=digest,
        )
        job.held.append(lying)
        job.since = min(job.since, told["submitted_at"])
        return job

    def _carried(self, message: Message) -> Carried | None:
        try:
            return self._opening.carried(message)
        except UnknownSchema:
            raise
        except DecodeError:
            return None

    def _letter(
        self, stage: StageDeclaration, message: Message, at: Position, history: History
    ) -> Job | None:
        letter = letter_of(message, at, stage, self._opening)
        if letter is None:
            return None
        history.letters[at] = letter
        if letter.job_id is None:
            return None
        job = history.job(letter.job_id)
        job.letters.append(letter)
        job.since = min(job.since, letter.submitted)
        return job

    def _command(self, message: Message, at: Position, history: History) -> Job | None:
        """Any producer may write one: what it cannot be is nobody's."""
        try:
            told = self._commands.read(message)
        except DecodeError:
            return None
        job, written = history.job(told.job_id), message.timestamp()[1]
        command = Command(at, written, told.command_id, told.kind, told.attempt, told.stage)
        job.commands.append(command)
        return job

    def _result(self, message: Message, at: Position, history: History) -> Job | None:
        value = self._opening.told(message, at.topic)
        if value is None:
            return None
        told = (value["command_id"], value["kind"], value["attempt"], value["accepted"])
        job = history.job(value["job_id"])
        job.results.append(Result(at, message.timestamp()[1], *told, value["stage"]))
        return job


def _keep(message: Message, at: Position, history: History) -> bytes:
    digest = digest_of(message.key(), message.value())
    history.digests.setdefault(at.topic, {})[at.offset] = digest
    return digest
