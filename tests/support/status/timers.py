"""An event loop's time, moved by hand."""

from collections.abc import Callable


class ManualTimers:
    """An event loop's clock and timers, moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._due: list[tuple[float, Callable[[], None]]] = []

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, callback: Callable[[], None], /) -> object:
        self._due.append((self.now + delay, callback))
        return None

    def advance(self, seconds: float) -> None:
        """Let time pass and call what is due then."""
        self.now += seconds
        due, self._due = (
            [item for item in self._due if item[0] <= self.now],
            [item for item in self._due if item[0] > self.now],
        )
        for _, callback in due:
            callback()
