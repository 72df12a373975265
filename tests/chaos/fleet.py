"""The services of a run: started, killed, stopped, let go on, and looked at all the time."""

import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

import httpx
from support.kafka.cluster import Cluster
from support.processes import Service, free_port
from support.waiting import wait_until

_PROBE_SECONDS: Final = 0.5
#: A probe that takes longer counts as failed; orchestrators wait for 1 s by default, on machines
#: that do not run three brokers on two cores beside it.
_PROBE_TIMEOUT_SECONDS: Final = 10.0


@dataclass(slots=True)
class Member:
    """One service process; `disturbances` tells probes that we ourselves did something to it."""

    name: str
    service: Service
    url: str
    drain_seconds: float
    disturbances: int = 0
    answered: bool = False
    stopped: bool = False
    unasked_ends: list[str] = field(default_factory=list)

    def start(self) -> None:
        self.answered, self.stopped = False, False
        self.service.start()

    def kill(self) -> None:
        self._disturb()
        self.service.kill()

    def pause(self) -> None:
        self._disturb()
        self.stopped = True
        self.service.signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.service.signal(signal.SIGCONT)
        self._disturb()
        self.stopped = False

    def terminate(self, *, margin_seconds: float) -> tuple[int | None, float]:
        """SIGTERM; the exit code, None if it had to be killed, and the seconds it took."""
        self._disturb()
        self.stopped = True
        since = time.monotonic()
        self.service.signal(signal.SIGTERM)
        with suppress(AssertionError):
            wait_until(
                lambda: self.service.process.poll() is not None,
                seconds=self.drain_seconds + margin_seconds,
            )
        code = self.service.process.poll()
        took = time.monotonic() - since
        self.service.close()
        return code, took

    def ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).is_success
        except httpx.TransportError:
            return False

    def _disturb(self) -> None:
        self.disturbances += 1
        self.answered = False


class Fleet:
    """Every service; a thread probes /livez of each. Those that end unasked are started again."""

    def __init__(self, cluster: Cluster, folder: Path, **settings: object) -> None:
        self.members: list[Member] = []
        self.dark: list[str] = []
        self.slowest_probe_seconds = 0.0
        self._cluster = cluster
        self._folder = folder
        self._settings = {"object_store_url": f"file://{folder}/objects", **settings}
        self._ended = threading.Event()
        self._prober = threading.Thread(target=self._probe_all, daemon=True)

    def add(self, module: str, instance: str = "a", **settings: object) -> Member:
        """Start `python -m <module>`."""
        port, name = free_port(), f"{module.rsplit(maxsplit=1)[-1]}-{instance}"
        own = {"data_dir": self._folder / name} if module == "status" else {}
        given = {**self._settings, **own, "http_port": port, "instance_id": name, **settings}
        environment = self._cluster.environment(**given)
        service = Service(module, environment=environment, log=self._folder / f"{name}.log")
        drain = float(str(given.get("drain_seconds", _drain_of(module))))
        member = Member(name, service, f"http://127.0.0.1:{port}", drain)
        member.start()
        self.members.append(member)
        return member

    def __enter__(self) -> Self:
        self._prober.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._prober.join()
        for member in self.members:
            member.service.close()

    def of(self, *kinds: str) -> list[Member]:
        return [member for member in self.members if member.name.rpartition("-")[0] in kinds]

    def wait_until_ready(self, *, seconds: float | None = None) -> float:
        """Wait until every member is; the seconds it took."""
        since = time.monotonic()
        more = {} if seconds is None else {"seconds": seconds}
        wait_until(lambda: not self._unready(), lambda: f"not ready: {self._unready()}", **more)
        return time.monotonic() - since

    def unasked_ends(self) -> list[str]:
        return [end for member in self.members for end in member.unasked_ends]

    def look(self) -> None:
        """Start again what has ended by itself."""
        for member in self.members:
            code = member.service.process.poll()
            if code is not None and member.answered:
                member.unasked_ends.append(f"{member.name} ended with {code}")
                member.start()

    def _unready(self) -> list[str]:
        return [member.name for member in self.members if not member.ready()]

    def _probe_all(self) -> None:
        with httpx.Client(timeout=_PROBE_TIMEOUT_SECONDS) as client:
            while not self._ended.wait(_PROBE_SECONDS):
                for member in list(self.members):
                    self._probe(client, member)

    def _probe(self, client: httpx.Client, member: Member) -> None:
        if member.stopped:
            return
        disturbances, since = member.disturbances, time.monotonic()
        try:
            told = str(client.get(f"{member.url}/livez").status_code)
        except httpx.TransportError as error:
            told = repr(error)
        if member.disturbances != disturbances:
            return
        took = time.monotonic() - since
        if told == "200":
            member.answered = True
            self.slowest_probe_seconds = max(self.slowest_probe_seconds, took)
        elif member.answered and member.service.process.poll() is None:
            self.dark.append(f"{member.name}: {told} after {took:.1f} s")


@contextmanager
def folder_of_run() -> Iterator[Path]:
    """CHAOS_DIR with every log in it, kept; else a folder that is thrown away."""
    kept = os.environ.get("CHAOS_DIR")
    if kept:
        folder = Path(kept)
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise SystemExit(f"CHAOS_DIR: {folder} is not empty; name a new folder")
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="headway-chaos-") as thrown_away:
        yield Path(thrown_away)


def _drain_of(module: str) -> float:
    """The default of the service's setting DRAIN_SECONDS."""
    return {"gateway": 30.0, "status": 10.0}.get(module, 20.0)
