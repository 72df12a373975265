"""What a batch says to the table: each of its records decoded once at most."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from headway.base.errors import DecodeError, UnknownSchema
from headway.edges.kafka import Message
from headway.following.batch import Batch
from status.reading.asking import AskingDecoder
from status.reading.decoding import Decoder
from status.reading.halt import Halt
from status.table.asked import Command, Failure, Result
from status.table.merge import Report
from status.table.position import Source
from status.table.row import Row

T = TypeVar("T")


class Unreadable(NamedTuple):
    message: Message
    error: DecodeError


@dataclass(frozen=True, slots=True)
class Said:
    """What a batch says up to where its partitions halt, and what of it could not be read."""

    submissions: list[Row]
    states: list[Row]
    reports: list[Report]
    commands: list[Command]
    results: list[Result]
    failures: list[Failure]
    unreadable: dict[Source, list[Unreadable]]
    halts: dict[tuple[Source, int], Halt]

    @property
    def job_ids(self) -> set[str]:
        """The jobs whose rows anything is said of."""
        told = (self.submissions, self.states, self.reports)
        return {item.job_id for items in told for item in items}


def said_in(batch: Batch[Source], decoder: Decoder, asking: AskingDecoder) -> Said:
    """Decode *batch*.

    Of a job's states the last readable one counts; a second submission does if the job was deleted,
    and every report may.
    """
    submissions, lost_submissions = _every(batch.of(Source.SUBMITTED), decoder.submission)
    reports, lost_reports = _every(batch.of(Source.PROGRESS), decoder.report)
    commands, lost_commands = _every(batch.of(Source.COMMANDS), asking.command)
    results, lost_results = _every(batch.of(Source.RESULTS), asking.result)
    tails = _tails(batch.of(Source.STATE), decoder.state)
    states = [row for tail in tails.values() for row in reversed(tail.rows.values())]
    return Said(
        submissions,
        states,
        reports,
        commands,
        results,
        _failures(states, asking),
        {
            Source.COMMANDS: lost_commands,
            Source.RESULTS: lost_results,
            Source.SUBMITTED: lost_submissions,
            Source.PROGRESS: lost_reports,
            Source.STATE: [lost for tail in tails.values() for lost in reversed(tail.unreadable)],
        },
        {(Source.STATE, index): tail.halt for index, tail in tails.items() if tail.halt},
    )


def _failures(states: Iterable[Row], asking: AskingDecoder) -> list[Failure]:
    failed = asking.failed
    # Nearly no row is one: no call is spent on the others.
    found = (asking.failure(row) for row in states if row.status == failed)
    return [failure for failure in found if failure]


def _every(
    messages: Iterable[Message], decode: Callable[[Message], T]
) -> tuple[list[T], list[Unreadable]]:
    read: list[T] = []
    unreadable: list[Unreadable] = []
    for message in messages:
        try:
            read.append(decode(message))
        except DecodeError as error:
            unreadable.append(Unreadable(message, error))
    return read, unreadable


@dataclass(slots=True)
class _Tail:
    """The states of a partition, read backwards: the newest row of each key, newest first.

    A record of an unknown schema was written by a newer release: it and all that stands behind it
    is not taken.
    """

    rows: dict[bytes | None, Row] = field(default_factory=dict)
    unreadable: list[Unreadable] = field(default_factory=list)
    halt: Halt | None = None

    def halt_before(self, message: Message, error: UnknownSchema) -> None:
        self.rows.clear()
        self.unreadable.clear()
        self.halt = Halt(message.offset() or 0, str(error))


def _tails(messages: Sequence[Message], decode: Callable[[Message], Row]) -> dict[int, _Tail]:
    tails = defaultdict[int, _Tail](_Tail)
    for message in reversed(messages):
        tail, key = tails[message.partition() or 0], message.key()
        if key in tail.rows:
            continue
        try:
            tail.rows[key] = decode(message)
        except UnknownSchema as error:
            tail.halt_before(message, error)
        except DecodeError as error:
            tail.unreadable.append(Unreadable(message, error))
    return tails
