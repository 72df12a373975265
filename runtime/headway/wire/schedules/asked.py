"""What somebody wants of a rule of the schedules: a record of `schedule-commands` to each lane."""

from dataclasses import asdict, dataclass
from typing import Final

from headway.wire.codec import Codec

PAUSE: Final = "pause"
RESUME: Final = "resume"
RUN: Final = "run"
#: A run that only counts what it would be for.
COUNT: Final = "count"
#: The end of a run before it is through.
STOP: Final = "stop"
KINDS: Final = (PAUSE, RESUME, RUN, COUNT, STOP)
MOST_RULE_CHARACTERS: Final = 200
_RECORD: Final = "schedule-command"


@dataclass(frozen=True, slots=True)
class ScheduleCommand:
    """The same for all lanes; *at* in ms. What is asked twice under one id is asked once."""

    command_id: str
    rule: str
    kind: str
    by: str
    at: int

    def encoded(self, codec: Codec) -> bytes:
        """The record's value; its key is the rule's name."""
        return codec.encode(_RECORD, asdict(self))
