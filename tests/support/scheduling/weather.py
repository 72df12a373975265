"""Whatever may happen to two schedulers, by a seed: time, kills, calls that fail or hang."""

import random

from support.fake_kafka import errors
from support.fake_kafka.errors import Code
from support.fake_kafka.faults import Fault
from support.scheduling.rig import FakeScheduling, InProcessScheduler
from support.scheduling.states import held

_LANES = 6
_CALLS = ("commit_transaction", "send_offsets_to_transaction")


class Weather:
    """One act a step; an instance that is killed is started again under its name."""

    def __init__(self, scheduling: FakeScheduling, seed: int) -> None:
        self.scheduling = scheduling
        self.jobs = 0
        self._chance = random.Random(seed)
        self._hanging: list[Fault] = []
        self._alive = {name: scheduling.instance(name=name) for name in ("a", "b")}

    def steps(self, count: int) -> None:
        acts = (self._say, self._turn, self._turn, self._time, self._kill, self._fail, self._hang)
        for _ in range(count):
            self._chance.choice(acts)()
        self._release()
        self.scheduling.broker.faults.clear()

    @property
    def alive(self) -> list[InProcessScheduler]:
        return list(self._alive.values())

    def _say(self) -> None:
        """Jobs come to wait, due soon, now, or a while ago."""
        for _ in range(self._chance.randint(1, 8)):
            due_at = self.scheduling.clock.now_ms() + self._chance.randint(-1000, 5000)
            self.scheduling.say(held(f"job-{self.jobs}", due_at), lane=self.jobs % _LANES)
            self.jobs += 1

    def _turn(self) -> None:
        for each in self.alive:
            each.turn()

    def _time(self) -> None:
        self.scheduling.clock.wall_ms += self._chance.randint(-500, 3000)

    def _kill(self) -> None:
        self._release()
        name = self._chance.choice(list(self._alive))
        self._alive[name].kill()
        self._alive[name] = self.scheduling.instance(name=name)

    def _fail(self) -> None:
        """A call does nothing and says so, or says nothing of what it did."""
        faults = self.scheduling.broker.faults
        refused = errors.abortable(Code.OUT_OF_ORDER_SEQUENCE_NUMBER)
        self._chance.choice(
            (
                lambda: faults.fail(self._chance.choice(_CALLS), refused),
                lambda: faults.fail("begin_transaction", errors.unknown_producer()),
                lambda: faults.fail("commit_transaction", errors.unknown_producer(), after=True),
                lambda: faults.fail(self._chance.choice(_CALLS), errors.timed_out()),
            )
        )()

    def _hang(self) -> None:
        self._hanging.append(self.scheduling.broker.faults.hang(self._chance.choice(_CALLS)))

    def _release(self) -> None:
        for fault in self._hanging:
            fault.release()
        self._hanging.clear()
