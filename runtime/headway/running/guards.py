"""Breakers and the limit of failures in the loop: partitions pause, and people are told."""

import logging
from collections.abc import Iterable
from typing import Any, Final

from headway.around.guard import Guard
from headway.observing.health import Health
from headway.owning.flow import Flow, Reason

logger = logging.getLogger(__name__)

_OPENNESS: Final = {"closed": 0.0, "half-open": 0.5, "open": 1.0}
_EVENTS: Final = {"closed": "guard.closed", "half-open": "guard.tries", "open": "guard.opened"}


class Guards:
    """Looks at each guard once a turn; for the loop's thread."""

    def __init__(self, guards: Iterable[Guard], flow: Flow, health: Health) -> None:
        self._watched = [
            _Watched(guard, flow.reason(guard.reason, work_alone=True)) for guard in guards
        ]
        self._health = health

    def turn(self) -> None:
        """Pause what a guard does not let through, and resume it once that is of use."""
        for watched in self._watched:
            if watched.turn():
                self._tell(watched.guard)

    def _tell(self, guard: Guard) -> None:
        """Anew as a whole: the threads of health read it meanwhile."""
        known = {**self._health.notes.get(guard.kind, {})}
        known.pop(guard.name, None)
        standing = guard.circuit.standing()
        self._health.notes[guard.kind] = known | ({guard.name: standing} if standing else {})


class _Watched:
    """One guard, and the reason to pause that is its own."""

    def __init__(self, guard: Guard, reason: Reason) -> None:
        self.guard = guard
        self._reason = reason
        self._state = ""

    def turn(self) -> bool:
        """Whether there is anything new to tell of it, or it is not closed."""
        circuit = self.guard.circuit
        if circuit.closed and self._state == "closed":
            return False
        circuit.turn()
        if circuit.wants_calls:
            if self._reason.everywhere:
                self._reason.resume()
        else:
            self._reason.unready = self.guard.unready()
            if not self._reason.everywhere:
                self._reason.pause()
        self._note(circuit.state)
        return True

    def _note(self, state: str) -> None:
        self.guard.measure(_OPENNESS[state])
        if self._state and state != self._state:
            level = logging.INFO if state == "closed" else logging.WARNING
            logger.log(level, _EVENTS[state], extra=self._extra())
        self._state = state

    def _extra(self) -> dict[str, Any]:
        standing = self.guard.circuit.standing() or {}
        return {"reason": self.guard.reason, **standing}
