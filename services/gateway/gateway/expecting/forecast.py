"""What a submission has before it: the newest word of the status service, and what came since."""

import math
import threading
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from gateway.receiving.refusals import Kind, Refusal
from headway.base.clock import Clock, SystemClock

#: An older word is none: it comes once a second.
_BELIEVED_SECONDS: Final = 5.0
#: As the status service: more would be said than is known.
_TENTHS_SECONDS: Final = 10.0


class Word(NamedTuple):
    """What `GET /expected` says; None is what is not known."""

    queue_position: int | None = None
    eta_seconds: float | None = None
    waiting_seconds: float | None = None
    seconds_a_job: float | None = None


@dataclass
class Forecast:
    """Safe to share by threads. Bounded is how long a job may wait in lines, 0: it is not.

    Between two words it counts what this gateway took, less what the stages take in that time.
    """

    most_waiting_seconds: float = 0.0
    clock: Clock = field(default_factory=SystemClock)
    _word: Word | None = None
    _heard_at: float = 0.0
    _taken: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def hear(self, word: Word | None) -> None:
        """The newest word; None if there was no answer."""
        if word is None:
            return
        with self._lock:
            self._word, self._heard_at, self._taken = word, self.clock.monotonic(), 0

    def admitted(self) -> dict[str, Any]:
        """What a job just taken has before it, as it is told; empty if that is not known."""
        with self._lock:
            word, more = self._believed(), self._more()
            self._taken += 1
        if word is None or word.queue_position is None:
            return {}
        told: dict[str, Any] = {"queue_position": word.queue_position + more}
        if word.eta_seconds is not None:
            told["eta_seconds"] = _rounded(word.eta_seconds + more * (word.seconds_a_job or 0.0))
        return told

    def check(self) -> None:
        """Refuse one more while jobs wait for longer than they may.

        Raises:
            Refusal: with when they do no longer, if nobody submits meanwhile.
        """
        with self._lock:
            word, more = self._believed(), self._more()
        if not self.most_waiting_seconds or word is None or word.waiting_seconds is None:
            return
        waits = word.waiting_seconds + more * (word.seconds_a_job or 0.0)
        over = waits - self.most_waiting_seconds
        if over <= 0:
            return
        detail = (
            f"A job would wait for about {waits:.0f} s, and may for {self.most_waiting_seconds:g} "
            f"(MOST_WAITING_SECONDS). Submit it in {math.ceil(over)} s."
        )
        headers = {"Retry-After": str(math.ceil(over))}
        raise Refusal(Kind.LINE_TOO_LONG, detail, headers=headers)

    def _believed(self) -> Word | None:
        fresh = self.clock.monotonic() - self._heard_at <= _BELIEVED_SECONDS
        return self._word if fresh else None

    def _more(self) -> int:
        """How many more wait than the word knows of."""
        if self._word is None or not self._word.seconds_a_job:
            return self._taken
        left = (self.clock.monotonic() - self._heard_at) / self._word.seconds_a_job
        return max(round(self._taken - left), 0)


def _rounded(seconds: float) -> float:
    return round(seconds, 1) if seconds < _TENTHS_SECONDS else float(round(seconds))
