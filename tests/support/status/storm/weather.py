"""What happens to the replicas in a storm."""

import random
import signal
import threading

from support.status.service import StatusService
from support.status.storm.form import Outcome


class Weather:
    """What happens to the replicas until it is told to end."""

    def __init__(self, replicas: list[StatusService], outcome: Outcome, seed: int) -> None:
        self._replicas, self._outcome = replicas, outcome
        self._rng = random.Random(seed)
        self._over = threading.Event()

    def rage(self) -> None:
        acts = (self._kill, self._stop, self._slow, self._slow, self._wipe, self._end)
        while not self._over.wait(self._rng.uniform(0.5, 2.5)):
            self._rng.choice(acts)(self._rng.choice(self._replicas))

    def end(self) -> None:
        self._over.set()

    def _kill(self, replica: StatusService) -> None:
        self._outcome.kills += 1
        replica.kill()
        replica.start()

    def _wipe(self, replica: StatusService) -> None:
        self._outcome.wipes += 1
        replica.kill()
        replica.lose_file()
        replica.start()

    def _stop(self, replica: StatusService) -> None:
        """It is behind when it goes on, and does not know."""
        self._outcome.stops += 1
        replica.process.signal(signal.SIGSTOP)
        self._over.wait(self._rng.uniform(0.5, 6.0))
        replica.process.signal(signal.SIGCONT)

    def _slow(self, replica: StatusService) -> None:
        """It answers, and is behind all the time."""
        self._outcome.slow += 1
        for _ in range(self._rng.randint(4, 12)):
            replica.process.signal(signal.SIGSTOP)
            self._over.wait(0.5)
            replica.process.signal(signal.SIGCONT)
            self._over.wait(0.15)

    def _end(self, replica: StatusService) -> None:
        self._outcome.ends += 1
        assert replica.process.stop() == 0, replica.process.tail()
        replica.start()
