"""CPU and memory a job takes in each service, by the size of its file."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from support.kafka.cluster import Cluster
from support.measuring.family import cpu_seconds, memory_bytes
from support.processes import Service
from support.product import Product
from support.waiting import wait_until

_SAMPLE_SECONDS = 0.05
#: Files of so many rows, each so often: 1 kB, 0.7 MB, 7 MB, 40 MB.
_FORMS = ((30, 200), (20_000, 60), (200_000, 12), (1_100_000, 3))


def cost(bootstrap: str) -> float:
    """Print what a job of each size takes; the share of p1 and p2 in the CPU of small jobs."""
    shares = []
    with TemporaryDirectory() as folder, _product(bootstrap, Path(folder)) as product:
        _run(product, a_file(30), 20)  # connections, caches, worker processes
        print(f"  {'file':>9}  {'service':8} {'CPU s/job':>10} {'memory, most':>13}")
        for rows, count in _FORMS:
            content = a_file(rows)
            used = _run(product, content, count)
            for name, of_it in used.items():
                seconds, most = of_it.cpu_seconds / count, of_it.most_bytes / 1e6
                size = f"{len(content) / 1e6:.3g} MB"
                print(f"  {size:>9}  {name:8} {seconds:10.4f} {most:10.0f} MB", flush=True)
            stages = sum(of_it.cpu_seconds for name, of_it in used.items() if name in ("p1", "p2"))
            shares.append(stages / sum(of_it.cpu_seconds for of_it in used.values()))
    return shares[0]


def a_file(rows: int) -> bytes:
    lines = (
        f"{n},{n % 97},{n * 7 % 1009 / 10},2026-0{n % 9 + 1}-11,word {n % 13}" for n in range(rows)
    )
    return "\n".join(("id,group,value,day,name", *lines)).encode()


@dataclass(slots=True)
class _Used:
    cpu_seconds: float = 0.0
    most_bytes: int = 0


@dataclass(slots=True)
class _Meter:
    """Samples memory until it is stopped."""

    services: dict[str, int]
    used: dict[str, _Used] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        before = {name: cpu_seconds(pid) for name, pid in self.services.items()}
        self.used = {name: _Used() for name in self.services}
        while not self.stop.wait(_SAMPLE_SECONDS):
            for name, pid in self.services.items():
                self.used[name].most_bytes = max(self.used[name].most_bytes, memory_bytes(pid))
        for name, pid in self.services.items():
            self.used[name].cpu_seconds = cpu_seconds(pid) - before[name]


def _run(product: Product, content: bytes, count: int) -> dict[str, _Used]:
    services = {service.module: service.process.pid for service in product.services}
    meter = _Meter(services)
    thread = threading.Thread(target=meter.run)
    thread.start()
    jobs = [product.upload("sized.csv", content).json()["job_id"] for _ in range(count)]
    wait_until(lambda: all(_completed(product, job_id) for job_id in jobs), pause_seconds=0.5)
    meter.stop.set()
    thread.join()
    return meter.used


def _completed(product: Product, job_id: str) -> bool:
    answer = httpx.get(f"{product.status}/jobs/{job_id}/status", timeout=30)
    return answer.is_success and answer.json()["status"] == "COMPLETED"


@contextmanager
def _product(bootstrap: str, folder: Path) -> Iterator[Product]:
    cluster = Cluster(bootstrap)
    started: list[Service] = []

    def start(module: str, **settings: object) -> Service:
        environment = cluster.environment(
            instance_id=module,
            object_store_url=f"file://{folder}/objects",
            data_dir=folder / module,
            **settings,
        )
        service = Service(module, environment=environment, log=folder / f"{module}.log")
        started.append(service.start())
        return service

    try:
        yield Product(start)
    finally:
        for service in started:
            service.close()
