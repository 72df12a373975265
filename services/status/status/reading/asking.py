"""Records that tell what was asked of jobs and where they failed, beside what moves their rows."""

from typing import Any, Final

from headway.base.errors import DecodeError
from headway.base.words import MOST_MESSAGE_CHARACTERS, bounded
from headway.declared.pipeline import Pipeline
from headway.edges.kafka import Message
from headway.wire.codec import Codec
from headway.wire.commands import CANCEL, FORGET, RELEASE, REPROCESS, RETRY
from status.reading.places import check_same, job_id_of, origin_of_record
from status.table.asked import Command, Failure, Result
from status.table.position import Source
from status.table.row import MOST_ATTEMPTS, Row

#: Commands that stages carry out; any other is of a newer release, or of nobody.
KINDS: Final = (RETRY, CANCEL, RELEASE, REPROCESS, FORGET)
_COMMANDS, _RESULTS = int(Source.COMMANDS), int(Source.RESULTS)
_MOST_ID_CHARACTERS: Final = 128
_MOST_BY_CHARACTERS: Final = 100


class AskingDecoder:
    """Turns messages into notes; every method raises DecodeError for what is no record."""

    def __init__(self, codec: Codec, pipeline: Pipeline) -> None:
        self._codec = codec
        #: The status of the rows that `failure` is for.
        self.failed = pipeline.failed

    def command(self, message: Message) -> Command:
        """What a record of job-commands asks."""
        job_id, value = self._read(message, "job-command")
        if value["kind"] not in KINDS:
            raise DecodeError(f"{bounded(value['kind'], 40)!r} is no kind of command known here")
        return Command(
            job_id=job_id,
            origin=origin_of_record(_COMMANDS, message),
            at=message.timestamp()[1],
            command_id=value["command_id"],
            kind=value["kind"],
            attempt=value["attempt"],
            by=bounded(value["by"], _MOST_BY_CHARACTERS),
        )

    def result(self, message: Message) -> Result:
        """What a record of command-results answers."""
        job_id, value = self._read(message, "command-result")
        return Result(
            job_id=job_id,
            command_id=value["command_id"],
            origin=origin_of_record(_RESULTS, message),
            at=message.timestamp()[1],
            accepted=value["accepted"],
            reason=bounded(value["reason"], MOST_MESSAGE_CHARACTERS),
        )

    def failure(self, row: Row) -> Failure | None:
        """Where the dead letter of a job lies that has failed; None if its state names none."""
        try:
            error = self._codec.decode(row.state, "job-state")["error"]
        except DecodeError:
            return None  # told where the job is shown
        if error is None or error["dead_letter"] is None:
            return None
        place = error["dead_letter"]
        again = error["retry_available"]
        return Failure(
            row.job_id, row.origin, place["topic"], place["partition"], place["offset"], again
        )

    def _read(self, message: Message, record: str) -> tuple[str, dict[str, Any]]:
        job_id = job_id_of(message)
        value = self._codec.decode(message.value(), record)
        check_same(job_id, value)
        if not 1 <= len(value["command_id"]) <= _MOST_ID_CHARACTERS:
            raise DecodeError("the command_id has not 1 to 128 characters")
        if not 1 <= value["attempt"] <= MOST_ATTEMPTS:
            raise DecodeError(f"there is no attempt {value['attempt']}")
        return job_id, value
