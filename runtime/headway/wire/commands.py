"""Commands and their results, as records, whoever writes them."""

from dataclasses import asdict, dataclass
from typing import Final
from uuid import UUID, uuid5

from headway.base.errors import DecodeError
from headway.base.words import bounded
from headway.edges.kafka import Message
from headway.wire.codec import Codec
from headway.wire.envelope import checked_attempt
from headway.wire.records import job_id_from

RETRY: Final = "retry"
CANCEL: Final = "cancel"
RELEASE: Final = "release"
REPROCESS: Final = "reprocess"
FORGET: Final = "forget"
_COMMAND, _RESULT = "job-command", "command-result"
MOST_ID_CHARACTERS: Final = 128
_MOST_WRITER_CHARACTERS: Final = 100
_NAMES: Final = UUID("5d3e41c4-9f0b-4c53-8d1e-3a1f2f6f7a90")


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody wants of an attempt.

    *stage* is who is to execute it: whose dead letter is meant, who holds the job or has ended it;
    empty for a cancel. *from_stage* is where a reprocessed job begins; *state_offset* where in the
    job's partition of the states its end was seen, -1 where that is not known.
    """

    command_id: str
    kind: str
    job_id: str
    attempt: int
    stage: str = ""
    by: str = ""
    from_stage: str = ""
    state_offset: int = -1

    @property
    def asked_by(self) -> str:
        """` by` and a name, where there is one."""
        return f" by {self.by}" if self.by else ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a command at *at* (ms)."""

    accepted: bool
    reason: str
    at: int


class CommandRecords:
    """Reads and writes commands, writes results; safe to share by threads."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec

    def read(self, message: Message) -> Command:
        """The command in *message*.

        Raises:
            DecodeError: it is none, or of another job than its key says.
        """
        value = self._codec.decode(message.value(), _COMMAND)
        job_id = value["job_id"]
        if job_id_from(message.key()) != job_id:
            raise DecodeError(f"the command is for job {job_id[:128]!r}, the key names another")
        return Command(
            command_id=bounded(value["command_id"], MOST_ID_CHARACTERS),
            kind=value["kind"],
            job_id=job_id,
            attempt=checked_attempt(value["attempt"]),
            stage=value["stage"],
            by=bounded(value["by"], _MOST_WRITER_CHARACTERS),
            from_stage=value["from_stage"],
            state_offset=value["state_offset"],
        )

    def command(self, command: Command) -> bytes:
        """*command* for the topic; its key is the job_id."""
        return self._codec.encode(_COMMAND, asdict(command))

    def result(self, command: Command, answer: Answer, stage: str) -> bytes:
        """What *stage* has to say of *command*."""
        return self._codec.encode(
            _RESULT,
            {
                "command_id": command.command_id,
                "kind": command.kind,
                "job_id": command.job_id,
                "attempt": command.attempt,
                "accepted": answer.accepted,
                "reason": answer.reason,
                "stage": stage,
                "at": answer.at,
            },
        )


def releases(command: Command, stage: str) -> bool:
    """Whether *command* is for *stage* to let a held job go."""
    return command.kind == RELEASE and command.stage == stage


def command_id_of(kind: str, job_id: str, attempt: int, stage: str) -> str:
    """The id of a command that is one of many: the same whenever the same is wanted."""
    return str(uuid5(_NAMES, f"{kind}/{stage}/{attempt}/{job_id}"))


def retry_id(job_id: str, attempt: int, stage: str) -> str:
    """The id of a retry that is one of many: the same whenever the same letter is redriven."""
    return command_id_of(RETRY, job_id, attempt, stage)
