"""What can be found: each kind of fault by name, and one fault with its evidence."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from headway.auditing.facts import Position


class Kind(Enum):
    """Every kind of fault: its name, and what it says in a sentence."""

    def __init__(self, label: str, meaning: str) -> None:
        self.label = label
        self.meaning = meaning

    LOST_JOB = "lost-job", "a job has no end, and no stage has it before it"
    LOST_OUTPUT = "lost-output", "a stage completed the attempt, its output is missing"
    OUTPUT_TWICE = "output-twice", "a stage has several outputs of one attempt"
    RUN_TWICE = "run-twice", "two submissions of one attempt were both run"
    OUTPUT_OF_FAILED = "output-of-failed", "a stage has an output of an attempt that FAILED in it"
    OUTPUT_OF_CANCELLED = "output-of-cancelled", "a stage has an output of a cancelled attempt"
    OUTPUT_UNTOLD = "output-untold", "a stage has an output, and no state says that it is done"
    LETTER_MISSING = "letter-missing", "FAILED has no dead letter"
    LETTER_TWICE = "letter-twice", "an attempt has several dead letters in a stage"
    LETTER_BYTES = "letter-bytes", "a dead letter has other bytes than its record"
    LETTER_PLACE = "letter-place", "FAILED names a place where its dead letter is not"
    LETTER_UNTOLD = "letter-untold", "a dead letter, and no FAILED names it"
    STATE_BACK = "state-back", "a job's state went back"
    STATE_AFTER_END = "state-after-end", "a state follows the end of its attempt"
    STATE_UNFIT = "state-unfit", "a state says what its status does not allow"
    STAGE_AGAIN = "stage-again", "a stage ran in an attempt that began in a later one"
    RETRY_EARLY = "retry-early", "a job was tried again before it was due"
    RETRY_MISSING = "retry-missing", "RETRY_SCHEDULED names a place where its record is not"
    RETRY_TWICE = "retry-twice", "one try was put off twice: its record was done twice"
    RETRY_BYTES = "retry-bytes", "a record that waits has other bytes than the one it is of"
    RETRY_UNTOLD = "retry-untold", "a record waits, and no RETRY_SCHEDULED names it"
    HELD_MISSING = "held-missing", "SCHEDULED names a place where its record is not"
    HELD_UNTOLD = "held-untold", "a record is held, and no SCHEDULED names it"
    HELD_BYTES = "held-bytes", "a record that is held has other bytes than the one it is of"
    HELD_EARLY = "held-early", "a job began before its time, and nobody let it go"
    COMMAND_TWICE = "command-twice", "an attempt was opened twice by commands"
    COMMAND_REFUSED = "command-refused", "a command was refused and took effect all the same"
    COMMAND_LOST = "command-lost", "a command was accepted and had no effect"
    COMMAND_UNFIT = "command-unfit", "a command was accepted of an attempt that it was not for"
    COMMAND_UNANSWERED = "command-unanswered", "a command was taken, and has no result"
    COMMAND_ANSWERED_TWICE = "command-answered-twice", "a command has several results"
    CANCELLED_UNASKED = "cancelled-unasked", "an attempt is CANCELLED, and nobody asked for it"
    FORGOTTEN_UNASKED = "forgotten-unasked", "a stage forgot a job, and nobody asked for it"
    FORGOTTEN_EARLY = "forgotten-early", "a stage forgot a job whose submission is kept"
    ATTEMPT_UNOPENED = "attempt-unopened", "records of an attempt that nobody opened"
    JOB_UNSUBMITTED = "job-unsubmitted", "records of a job that was never submitted here"
    STREAM_BACK = "stream-back", "a watcher saw a job go back"
    STREAM_END = "stream-end", "a watcher did not see how a job ended"
    STREAM_GAP = "stream-gap", "a watcher missed the newest state of a job"
    STREAM_UNTRUE = "stream-untrue", "a watcher was told what is not true"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault; `places` are the records that show it, `count` how many there are of it."""

    kind: Kind
    job_id: str
    attempt: int
    text: str
    places: tuple[Position, ...] = ()
    count: int = 1

    def __str__(self) -> str:
        where = f" ({', '.join(map(str, self.places))})" if self.places else ""
        return f"{self.kind.label}: {self.job_id}, attempt {self.attempt}: {self.text}{where}"

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "kind": self.kind.label,
            "meaning": self.kind.meaning,
            "job_id": self.job_id,
            "attempt": self.attempt,
            "text": self.text,
            "places": [place._asdict() for place in self.places],
            "count": self.count,
        }
