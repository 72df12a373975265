"""What is done to services and their broker, by a seed: every kind of it again and again."""

import itertools
import random
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import Final

from chaos.fleet import Fleet, Member
from chaos.table import Table
from localkafka import Node

_KILLED: Final = "killed"
_STOPPED: Final = "stopped"
_ROLLED: Final = "rolled"
_BROKER: Final = "broker"
_ROLL_MARGIN_SECONDS: Final = 30.0


class Weather:
    """Disturbs one after another in a thread of its own, for some turns or until `end`."""

    def __init__(
        self,
        fleet: Fleet,
        node: Node,
        table: Table,
        *,
        seed: int,
        turns: int | None,
        pauses_seconds: tuple[float, float],
        stops_seconds: tuple[float, float],
    ) -> None:
        """*pauses_seconds* lie between two; a service stands still for *stops_seconds*."""
        self.done: Counter[str] = Counter()
        self.outlived: list[str] = []
        self.failures: list[str] = []
        self._fleet = fleet
        self._node = node
        self._table = table
        self._chance = random.Random(seed)
        self._turns_left: Iterable[int] = itertools.count() if turns is None else range(turns)
        self._pauses = pauses_seconds
        self._stops = stops_seconds
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def kinds(self) -> list[str]:
        """All that it can do."""
        services = sorted({_kind(member) for member in self._fleet.members})
        told = [f"{kind} {way}" for kind, way in product(services, _WAYS)]
        return [*told, f"{_BROKER} {_KILLED}"]

    def missing(self) -> list[str]:
        """What it has not done yet."""
        return [kind for kind in self.kinds if not self.done[kind]]

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Blocks until what it is at is over: everything runs then."""
        self._ended.set()
        self._thread.join()
        self._fleet.look()

    def _run(self) -> None:
        for kind in self._turns():
            if self._ended.wait(self._chance.uniform(*self._pauses)):
                return
            try:
                self._do(kind)
            except Exception as error:  # noqa: BLE001 - what went wrong is told at the end
                self.failures.append(f"{kind}: {error!r}")
                return
            self.done[kind] += 1
            self._fleet.look()

    def _turns(self) -> Iterator[str]:
        """All of them in a random order, as often as is asked."""
        kinds = self.kinds
        for _ in self._turns_left:
            yield from self._chance.sample(kinds, len(kinds))

    def _do(self, kind: str) -> None:
        what, _, way = kind.rpartition(" ")
        if what == _BROKER:
            self._table.tell("the broker is killed")
            self._node.kill()
            self._ended.wait(self._chance.uniform(0, 2))
            self._node.start()
            self._node.wait_until_answers()
            return
        members = [member for member in self._fleet.members if _kind(member) == what]
        member = self._chance.choice(members)
        self._table.tell(f"{member.name} is {way}")
        _WAYS[way](self, member)

    def _kill(self, member: Member) -> None:
        member.kill()
        self._ended.wait(self._chance.uniform(0, 1))
        member.start()

    def _stop(self, member: Member) -> None:
        member.pause()
        self._ended.wait(self._chance.uniform(*self._stops))
        member.resume()

    def _roll(self, member: Member) -> None:
        # One that is only coming up ends by the signal itself.
        fine = {0} if member.answered else {0, -signal.SIGTERM}
        code, took = member.terminate(margin_seconds=_ROLL_MARGIN_SECONDS)
        if code not in fine:
            self.outlived.append(f"{member.name} ended with {code} after {took:.1f} s of SIGTERM")
        member.start()


_WAYS: Final[dict[str, Callable[[Weather, Member], None]]] = {
    _KILLED: Weather._kill,
    _STOPPED: Weather._stop,
    _ROLLED: Weather._roll,
}


def _kind(member: Member) -> str:
    return member.name.rpartition("-")[0]
