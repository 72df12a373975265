"""One node of a local cluster: killed, stopped, continued and started again on its own data."""

import signal
from typing import Final

from localkafka.errors import BrokerFailed
from localkafka.home import Home
from localkafka.jvm import Jvm
from localkafka.ports import Ports
from localkafka.probe import wait_until_answers
from localkafka.process import SupervisedProcess
from localkafka.properties import NODE_OPTIONS
from localkafka.tail import tail

#: A node that was killed reads its last segments again; several share two busy cores.
_START_TIMEOUT_SECONDS: Final = 180.0


class Node:
    """A broker and controller as a Java process; ports and data outlive it. For one thread."""

    def __init__(self, jvm: Jvm, home: Home, ports: Ports, *, scratch: bool, lock: int) -> None:
        self.home = home
        self.address = f"127.0.0.1:{ports.clients}"
        self._jvm = jvm
        self._scratch = scratch
        self._lock = lock
        self._process: SupervisedProcess | None = None
        self._paused = False

    @property
    def running(self) -> bool:
        """Whether its process lives, stopped by SIGSTOP or not."""
        return self._process is not None and self._process.exit_code is None

    @property
    def paused(self) -> bool:
        return self._paused

    def start(self) -> None:
        """Start the process on what it left; does not wait until it answers."""
        self._process = SupervisedProcess(
            self._jvm.command("kafka.Kafka", str(self.home.properties_file), options=NODE_OPTIONS),
            log_file=self.home.log_file,
            working_dir=self.home.path,
            scratch=self.home.path if self._scratch else None,
            held_descriptor=self._lock,
        )

    def wait_until_answers(self, *, brokers: int = 1) -> None:
        """Block until it answers and knows *brokers* of its cluster, itself included.

        Raises:
            BrokerFailed: it ended, or did not within three minutes.
        """
        if not wait_until_answers(
            self.address,
            timeout_seconds=_START_TIMEOUT_SECONDS,
            hopeless=lambda: not self.running,
            brokers=brokers,
        ):
            raise BrokerFailed(
                f"Kafka did not start; the end of {self.home.log_file}:{tail(self.home.said())}"
            )

    def kill(self) -> None:
        """SIGKILL, as a machine that is lost; blocks until nothing of it is left."""
        self._started.signal(signal.SIGKILL)
        self._started.wait()
        self._paused = False

    def pause(self) -> None:
        """SIGSTOP: connections stay open and nothing is answered."""
        self._started.signal(signal.SIGSTOP)
        self._paused = True

    def resume(self) -> None:
        """SIGCONT."""
        self._started.signal(signal.SIGCONT)
        self._paused = False

    def stop(self) -> None:
        """End it whatever its state is, in order if it can. Blocks."""
        if self._process is not None:
            self._process.stop()

    @property
    def _started(self) -> SupervisedProcess:
        if self._process is None:
            raise BrokerFailed(f"{self.address} was not started")
        return self._process
