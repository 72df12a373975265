"""The newest word of every instance, for as long as it can be believed."""

from typing import Final, NamedTuple

from status.answers.views import JsonObject, iso

#: An instance says it once a second while anything pauses it; one that says nothing any more has
#: ended, or nobody hears it.
BELIEVED_SECONDS: Final = 10.0


class Pause(NamedTuple):
    """One reason that pauses partitions of one instance; `since` in ms."""

    stage: str
    instance: str
    reason: str
    since: int
    partitions: int


class _Word(NamedTuple):
    heard_at: float
    pauses: tuple[Pause, ...]


class Board:
    """For one thread."""

    def __init__(self) -> None:
        self._words: dict[tuple[str, str], _Word] = {}

    def hear(self, stage: str, instance: str, pauses: tuple[Pause, ...], now: float) -> None:
        """Take what an instance says at *now* (monotonic s); the last word counts."""
        self._words[stage, instance] = _Word(now, pauses)

    def standing(self, now: float) -> tuple[Pause, ...]:
        """What pauses anything at *now*, in a fixed order."""
        self._words = {
            who: word for who, word in self._words.items() if now - word.heard_at < BELIEVED_SECONDS
        }
        return tuple(sorted(pause for word in self._words.values() for pause in word.pauses))


def shown(pauses: tuple[Pause, ...]) -> JsonObject:
    """As REST and events tell it."""
    return {"pauses": [{**pause._asdict(), "since": iso(pause.since)} for pause in pauses]}
