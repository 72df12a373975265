"""What may hold a whole stage back, as the loop and people see it."""

from abc import ABC, abstractmethod

from headway.around.circuit import Circuit


class Guard(ABC):
    """Lets calls through as its circuit says; *reason* is why the partitions pause meanwhile.

    *kind* and *name* are under what health and the log tell of it.
    """

    reason: str
    kind: str
    name: str
    circuit: Circuit

    @abstractmethod
    def unready(self) -> str:
        """Why the stage is not able to work while the circuit is open, and what to do."""

    @abstractmethod
    def measure(self, openness: float) -> None:
        """Set its metrics: 0 closed, 0.5 half-open, 1 open."""
