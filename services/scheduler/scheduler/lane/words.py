"""What is read and written of a lane, as records, and the topics they are in."""

from dataclasses import dataclass
from sys import intern
from typing import Any, Final, Self

from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.edges.kafka import Message
from headway.wire.codec import Codec, split_version
from headway.wire.commands import Command, CommandRecords, command_id_of
from headway.wire.identity import partition_of
from headway.wire.route import Record
from scheduler.lane.job import Job
from scheduler.lane.order import Order
from scheduler.lane.standing import Standing
from scheduler.pending.item import Item

_ITEM, _RULE, _ORDER, _WINDOW = "schedule-item", "schedule-rule", "schedule-command", "stage-window"
_SUBMITTED: Final = "job-submitted"
#: Who asks, as commands and their jobs tell it.
_BY: Final = "the scheduler's rule {}"


@dataclass(frozen=True, slots=True)
class Topics:
    """As the cluster calls them; all have *lanes* partitions."""

    states: str
    orders: str
    commands: str
    windows: str
    rules: str
    pending: str
    submitted: str
    lanes: int

    @classmethod
    def of(cls, catalog: Catalog, pipeline: Pipeline) -> Self:
        """Of one deployment."""
        states = catalog[pipeline.state]
        return cls(
            states=states.name,
            orders=catalog[pipeline.schedule_commands].name,
            commands=catalog[pipeline.commands].name,
            windows=catalog[pipeline.windows].name,
            rules=catalog[pipeline.schedule_rules].name,
            pending=catalog[pipeline.schedule_pending].name,
            submitted=catalog[pipeline.source].name,
            lanes=states.partitions,
        )

    @property
    def written(self) -> tuple[str, ...]:
        """All that a transaction may write to."""
        return (self.commands, self.windows, self.rules, self.pending, self.submitted)


class Words:
    """Reads and writes them; stateless."""

    def __init__(self, codec: Codec, topics: Topics, state: str) -> None:
        """*state* is the name of the record of states."""
        self.topics = topics
        self._codec = codec
        self._state = state
        self._commands = CommandRecords(codec)

    @classmethod
    def of(cls, codec: Codec, catalog: Catalog, pipeline: Pipeline) -> Self:
        record = split_version(catalog[pipeline.state].value)[0]
        return cls(codec, Topics.of(catalog, pipeline), record)

    def job(self, message: Message) -> Job:
        """A state.

        Raises:
            DecodeError: it is none; UnknownSchema, one kind of it: a newer release's.
        """
        return Job(message.offset() or 0, self._codec.decode(message.value(), self._state))

    def order(self, message: Message) -> Order:
        """What somebody wants of a rule; raises as `job`."""
        return Order(**self._codec.decode(message.value(), _ORDER))

    def item(self, value: bytes) -> Item:
        """What waits; raises as `job`."""
        read = Item(**self._codec.decode(value, _ITEM))
        return read._replace(rule=intern(read.rule), stage=intern(read.stage))

    def standing(self, value: bytes) -> Standing:
        """How a rule stands; raises as `job`."""
        return Standing.of(self._codec.decode(value, _RULE))

    def of_item(self, lane: int, key: str, item: Item | None) -> Record:
        value = None if item is None else self._codec.encode(_ITEM, item._asdict())
        return Record(self.topics.pending, lane, key.encode(), value)

    def of_standing(self, lane: int, rule: str, fields: dict[str, Any] | None) -> Record:
        value = None if fields is None else self._codec.encode(_RULE, fields)
        return Record(self.topics.rules, lane, rule.encode(), value)

    def of_window(self, lane: int, stage: str, fields: dict[str, Any] | None) -> Record:
        value = None if fields is None else self._codec.encode(_WINDOW, fields)
        return Record(self.topics.windows, lane, stage.encode(), value)

    def of_command(self, lane: int, rule: str, command: Command) -> Record:
        """*command* with the id that equal ones have."""
        job_id = command.job_id
        command_id = command_id_of(command.kind, job_id, command.attempt, command.stage)
        told = Command(
            command_id=command_id,
            kind=command.kind,
            job_id=job_id,
            attempt=command.attempt,
            stage=command.stage,
            by=_BY.format(rule),
            from_stage=command.from_stage,
            state_offset=command.state_offset,
        )
        value = self._commands.command(told)
        return Record(self.topics.commands, lane, job_id.encode(), value)

    def of_submission(self, job_id: str, fields: dict[str, Any]) -> Record:
        """A job for the partition in which every producer puts it."""
        value = self._codec.encode(_SUBMITTED, {"job_id": job_id, "attempt": 1} | fields)
        lane = partition_of(job_id, self.topics.lanes)
        return Record(self.topics.submitted, lane, job_id.encode(), value)
