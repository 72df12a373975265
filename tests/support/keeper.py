"""Starts services again that ended by themselves, as an orchestrator does, and counts."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from support.processes import Service

#: More than any promise allows; a stage that ends at every start must not take all the time.
_MOST_RESTARTS: Final = 12


class Keeper:
    """Looks after services whenever it is asked to; for one thread."""

    def __init__(self, services: Sequence[Service]) -> None:
        self._services = services
        self.restarts: Counter[str] = Counter()
        #: What each said last before it was started again.
        self.last_words: list[str] = []

    def look(self) -> bool:
        """Start again what has ended; true, so that it fits into a condition."""
        for service in self._services:
            code = service.process.poll()
            if code is not None:
                self.restarts[service.module] += 1
                self.last_words.append(f"{service.module} ended with {code}:\n{service.tail()}")
                assert self.restarts[service.module] <= _MOST_RESTARTS, self.last_words[-1]
                service.start()
        return True
