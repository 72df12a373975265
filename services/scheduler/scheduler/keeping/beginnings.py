"""Where partitions begin: what was written before that is trimmed."""

import logging
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NoAnswer
from threading import Thread
from typing import Final

from headway.base.clock import Clock
from headway.edges import kafka
from headway.edges.admin import beginnings
from headway.owning.place import Place

logger = logging.getLogger(__name__)

#: A walk asks once, and a longer one now and then: what begins later only rises.
_FRESH_SECONDS: Final = 60.0
#: The loop waits for it, as for nothing else that a pass asks: an answer takes milliseconds.
_ANSWER_SECONDS: Final = 1.0


class Beginning:
    """Of one partition; for the loop's thread, which it holds up for a second a minute at most."""

    def __init__(self, options: kafka.Options, place: Place, clock: Clock) -> None:
        self._options = options
        self._place = place
        self._clock = clock
        self._known = 0
        self._until = float("-inf")
        self._asked: Future[int] | None = None

    def __call__(self) -> int:
        """The first offset there is, as far as is known; 0 while nothing is."""
        now = self._clock.monotonic()
        if now < self._until:
            return self._known
        if self._asked is None:
            self._asked = Future()
            Thread(target=self._ask, args=(self._asked,), name="beginning", daemon=True).start()
        try:
            self._known = self._asked.result(_ANSWER_SECONDS)
        except (NoAnswer, kafka.KafkaException) as error:
            logger.warning("beginning.unanswered", extra={"error": kafka.describe(error)})
        if self._asked.done():
            self._asked = None
        self._until = now + _FRESH_SECONDS
        return self._known

    def _ask(self, answer: Future[int]) -> None:
        try:
            found = beginnings(kafka.admin_client(self._options), [self._place])
            answer.set_result(found.get(self._place, 0))
        except Exception as error:  # noqa: BLE001 - whoever waits for it is told
            answer.set_exception(error)
