"""Submit to COMPLETED when idle: the whole product against two bare transactional hops.

Ours is timed from just before the POST to the gateway until a browser's stream (SSE) brings
COMPLETED; the reference from just before produce() until a read_committed consumer has the record
of the second hop. Both stand idle between two jobs; they take turns.
"""

import json
import os
import queue
import statistics
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from bench.rig import process
from support.kafka.cluster import Cluster
from support.processes import free_port
from support.status.history import Watcher

from headway.edges import kafka

ROUNDS = 4
JOBS = 40
WARM_UP = 10
#: Longer than any commit: the next job finds everything idle.
PAUSE_SECONDS = 0.1
_CSV = {"title": "idle.csv", "content": "a,b\n1,2\n"}


def idle_latency(bootstrap: str) -> float:
    """Print the p50 of both, round by round; the median ratio, ours to the reference."""
    ratios = []
    with TemporaryDirectory() as folder:
        for number in range(1, ROUNDS + 1):
            bare = _p50(_bare_pairs(bootstrap))
            ours = _p50(_our_pairs(bootstrap, Path(folder) / str(number)))
            ratios.append(ours / bare)
            print(
                f"  round {number}: two bare hops {bare * 1000:6.1f} ms, "
                f"POST to COMPLETED on SSE {ours * 1000:6.1f} ms, {ours / bare:.2f}"
            )
    return statistics.median(ratios)


def _p50(seconds: Iterator[float]) -> float:
    return statistics.median(list(seconds)[WARM_UP:])


def _bare_pairs(bootstrap: str) -> Iterator[float]:
    cluster = Cluster(bootstrap)
    sinks = [stage.sink for stage in cluster.pipeline.stages]
    topics = [cluster.catalog[name].name for name in (cluster.pipeline.source, *sinks)]
    state = cluster.catalog["job-state"].name
    with ExitStack() as stack:
        for source, sink in pairwise(topics):
            arguments = (bootstrap, source, sink, state)
            stack.enter_context(process("bare_hop.py", *arguments, environment=os.environ))
        reader = kafka.consumer(cluster.options)
        reader.assign([kafka.TopicPartition(topics[-1], p, 0) for p in range(6)])
        stack.callback(reader.close)
        for _ in range(WARM_UP + JOBS):
            time.sleep(PAUSE_SECONDS)
            began = time.perf_counter()
            cluster.submit([uuid.uuid4().hex])
            while (message := reader.poll(5.0)) is None or message.error():
                pass
            yield time.perf_counter() - began


def _our_pairs(bootstrap: str, folder: Path) -> Iterator[float]:
    with _product(Cluster(bootstrap), folder) as (gateway, status), httpx.Client() as client:
        seen: queue.SimpleQueue[float] = queue.SimpleQueue()
        with _CompletedWatcher(f"{status}/events", seen):
            for _ in range(WARM_UP + JOBS):
                time.sleep(PAUSE_SECONDS)
                began = time.perf_counter()
                client.post(f"{gateway}/generate-file", json=_CSV).raise_for_status()
                yield seen.get(timeout=30) - began


class _CompletedWatcher(Watcher):
    """Tells the moment at which each COMPLETED arrives."""

    def __init__(self, url: str, seen: "queue.SimpleQueue[float]") -> None:
        super().__init__(url)
        self._seen = seen

    def _follow(self) -> None:
        for event in self.client:
            if json.loads(event.data).get("status") == "COMPLETED":
                self._seen.put(time.perf_counter())


@contextmanager
def _product(cluster: Cluster, folder: Path) -> Iterator[tuple[str, str]]:
    """Gateway, no-op stages and status; the addresses of the first and the last."""
    gateway, status = free_port(), free_port()
    shared = {
        **os.environ,
        **cluster.environment(object_store_url=f"file://{folder}/objects"),
        "DATA_DIR": f"{folder}/status",
    }
    (folder / "objects").mkdir(parents=True)
    with ExitStack() as stack:
        for script, arguments, port in (
            *(("noop_stage.py", (stage.name,), 0) for stage in cluster.pipeline.stages),
            ("gateway", (), gateway),
            ("status", (), status),
        ):
            environment = {**shared, "HTTP_PORT": str(port)}
            stack.enter_context(process(script, *arguments, environment=environment))
        for port in (gateway, status):
            _wait_until_ready(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{gateway}", f"http://127.0.0.1:{status}"


def _wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/readyz", timeout=5).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise TimeoutError(f"{url} did not get ready")
