"""Faults a test puts in the way of the client's calls."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from support.waiting import DEADLINE_SECONDS

from headway.edges import kafka


@dataclass(slots=True, eq=False)
class Fault:
    """What happens at a call of a name: something is done, it waits until released, it fails.

    `after` lets the call have its effect first: the answer is what gets lost. `left` counts the
    calls that still meet it; None is every call.
    """

    call: str
    error: kafka.KafkaException | None = None
    after: bool = False
    left: int | None = 1
    hangs: bool = False
    action: Callable[[], object] | None = None
    met: int = 0
    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def release(self) -> None:
        """Let the call that hangs go on."""
        self.released.set()

    def wait_until_reached(self) -> None:
        assert self.reached.wait(DEADLINE_SECONDS), f"nobody called {self.call}"

    def strike(self) -> None:
        """Be met by one call."""
        self.met += 1
        self.reached.set()
        if self.action is not None:
            self.action()
        if self.hangs:
            assert self.released.wait(DEADLINE_SECONDS), f"{self.call} was never released"
        if self.error is not None:
            raise self.error


class Faults:
    """The faults of one broker, by the method name of a client: `commit_transaction`, `poll`."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self.calls: list[str] = []

    def fail(
        self,
        call: str,
        error: kafka.KafkaException,
        *,
        times: int | None = 1,
        after: bool = False,
    ) -> Fault:
        """The next *times* calls raise *error*."""
        return self._add(Fault(call, error, after=after, left=times))

    def hang(
        self, call: str, error: kafka.KafkaException | None = None, *, times: int | None = 1
    ) -> Fault:
        """The next *times* calls do not come back before they are released."""
        return self._add(Fault(call, error, left=times, hangs=True))

    def do(self, call: str, action: Callable[[], object], *, times: int | None = 1) -> Fault:
        """The next *times* calls find that *action* has just been done."""
        return self._add(Fault(call, left=times, action=action))

    def clear(self) -> None:
        """No more faults; whoever hangs goes on."""
        for fault in self._faults:
            fault.left = 0
            fault.release()

    @contextmanager
    def around(self, call: str) -> Iterator[None]:
        """A client's call: faults before it and after it."""
        self.calls.append(call)
        self._meet(call, after=False)
        yield
        self._meet(call, after=True)

    def _add(self, fault: Fault) -> Fault:
        self._faults.append(fault)
        return fault

    def _meet(self, call: str, *, after: bool) -> None:
        for fault in self._faults:
            if fault.call == call and fault.after is after and fault.left != 0:
                if fault.left is not None:
                    fault.left -= 1
                fault.strike()
