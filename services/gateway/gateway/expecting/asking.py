"""A thread that asks the status service what is to be expected, so that no request has to."""

import logging
import threading
from dataclasses import dataclass, field
from typing import Final, Self

import httpx

from gateway.expecting.forecast import Forecast, Word

logger = logging.getLogger(__name__)

_EVERY_SECONDS: Final = 1.0
#: What is answered later is hardly true any more.
_SECONDS: Final = 2.0


@dataclass
class Asking:
    """A context; *url* is that of the status service, empty: nobody is asked."""

    url: str
    forecast: Forecast
    _stop: threading.Event = field(default_factory=threading.Event)
    _answered: bool = True

    def __enter__(self) -> Self:
        if self.url:
            # A daemon: a question under way must not hold the exit up.
            threading.Thread(target=self._run, name="asking", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()

    def _run(self) -> None:
        with httpx.Client(base_url=self.url, timeout=_SECONDS) as client:
            while not self._stop.wait(_EVERY_SECONDS):
                self.forecast.hear(self.ask(client))

    def ask(self, client: httpx.Client) -> Word | None:
        """One question; None if it is not answered. Never raises."""
        try:
            word = _word(client.get("expected"))
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            if self._answered:  # once, not once a second
                logger.warning("forecast.unknown", extra={"url": self.url, "error": str(error)})
            self._answered = False
            return None
        self._answered = True
        return word


def _word(answer: httpx.Response) -> Word:
    """What the answer says.

    Raises:
        HTTPStatusError, ValueError: it says nothing.
    """
    told = answer.raise_for_status().json()
    values = [told.get(name) for name in Word._fields] if isinstance(told, dict) else [told]
    if not all(value is None or isinstance(value, int | float) for value in values):
        raise ValueError(f"the answer is {str(told)[:100]!r}")
    return Word(*values)
