"""SIGTERM to every service with its real imports, at any moment from exec on."""

import contextlib
import random
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from support.kafka.cluster import Cluster
from support.processes import Service
from support.waiting import DEADLINE_SECONDS, wait_until

import tree

pytestmark = [pytest.mark.broker, pytest.mark.e2e]

SERVICES: Final = tree.services()
_TERM: Final = 1 << (signal.SIGTERM - 1)
_BLOCKED: Final = re.compile(r"^SigBlk:\s*([0-9a-f]+)$", re.MULTILINE)
#: Seconds a start takes on an idle machine, about: moments are drawn from it.
_START_SECONDS: Final = 1.5

Moment = Callable[[Service], object]


def _at_once(_: Service) -> None:
    """Before Python runs a line of ours."""


def _blocked(service: Service) -> None:
    """Just after the signals were blocked, before anything is imported."""
    wait_until(lambda: _blocks(service, service.process.pid))


def _client(service: Service) -> None:
    """Among the imports, just after the Kafka client's."""
    maps = Path(f"/proc/{service.process.pid}/maps")
    wait_until(lambda: "rdkafka" in maps.read_text(encoding="utf-8"))


def _some_time(service: Service) -> None:
    """At a moment nobody chose."""
    time.sleep(random.uniform(0, _START_SECONDS))
    assert service.process.poll() is None, service.tail()


def _started(service: Service) -> None:
    """When it works."""
    event = "gateway.starting" if service.module == "gateway" else f"{_kind(service)}.started"
    service.wait_for_event(event, seconds=DEADLINE_SECONDS)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("moment", [_at_once, _blocked, _client, *[_some_time] * 3, _started])
def test_sigterm_ends_every_service_in_order_at_any_moment(
    start: Callable[..., Service], service: str, moment: Moment
) -> None:
    """Exit code 0, or, before a line of ours ran, the plain death of a process without work."""
    # Given a service at that moment of its life
    process = start(service)
    moment(process)
    blocked = _blocks(process, process.process.pid)

    # When it is told to end
    code = process.stop(seconds=DEADLINE_SECONDS)

    # Then it does, in order
    assert code == 0 or (code == -signal.SIGTERM and not blocked), process.tail()


@pytest.mark.parametrize("service", SERVICES)
def test_every_thread_of_a_service_has_the_signals_blocked(
    start: Callable[..., Service], service: str
) -> None:
    """Those of native libraries too: to one that had not, the kernel would hand the signal."""
    # Given a service at work
    process = start(service)
    _started(process)

    # When the masks of its threads are looked at
    masks = _masks(process)

    # Then they have it blocked, but for the one that waits for it
    assert [_has_term(mask) for mask in masks].count(False) == 1


@pytest.mark.parametrize("stage", ["p1", "p2"])
def test_work_in_hand_is_finished_when_a_real_stage_is_told_to_end(
    cluster: Cluster, start: Callable[..., Service], stage: str
) -> None:
    """A file that is being worked on is told as done before the process ends."""
    # Given a stage at work on files, the one before it through with them
    jobs = [f"file-{number}" for number in range(20)]
    rows = b"".join(b"%d,%d,word\n" % (number, number % 7) for number in range(60_000))
    cluster.submit(jobs, content=b"a,b,c\n" + rows)
    if stage == "p2":
        start("p1")
        cluster.wait_for_states(jobs, "PROCESS_1_DONE", seconds=DEADLINE_SECONDS)
    service = start(stage)
    declared = cluster.pipeline.stage(stage)
    told = {declared.running.name, declared.done.name}
    wait_until(lambda: told & _statuses(cluster))

    # When it is told to end
    assert service.stop(seconds=DEADLINE_SECONDS) == 0, service.tail()

    # Then what it had begun is done, and the rest is left to the next
    assert not {status for status in _statuses(cluster) if status.endswith("RUNNING")}


def _statuses(cluster: Cluster) -> set[str]:
    return {state["status"] for state in cluster.newest_states().values()}


def _kind(service: Service) -> str:
    return service.module if service.module in {"status", "scheduler"} else "stage"


def _blocks(service: Service, thread: int) -> bool:
    return _has_term(
        Path(f"/proc/{service.process.pid}/task/{thread}/status").read_text(encoding="utf-8")
    )


def _masks(service: Service) -> list[str]:
    """What the kernel says of every thread; one that ends meanwhile has none any more."""
    found = []
    for task in Path(f"/proc/{service.process.pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found.append((task / "status").read_text(encoding="utf-8"))
    return found


def _has_term(status: str) -> bool:
    found = _BLOCKED.search(status)
    assert found is not None
    return bool(int(found[1], 16) & _TERM)
