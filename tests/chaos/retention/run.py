"""100,000 jobs are forgotten while others flow; sizes before and after, and what replicas show."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.audit import audited
from support.kafka.cluster import Cluster
from support.processes import Service

from chaos.fleet import folder_of_run
from chaos.retention.scene import OLD, Scene, Start
from chaos.table import Table
from localkafka import running_brokers

_STEP_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Plan:
    jobs: int


def run(plan: Plan) -> int:
    """The exit code: 0 if all held."""
    table = Table(f"{plan.jobs:,} jobs are forgotten while others flow")
    with (
        folder_of_run() as folder,
        running_brokers(nodes=1, data_dir=folder / "brokers") as brokers,
    ):
        cluster = Cluster(brokers.bootstrap_servers)
        with _starting(cluster, folder) as start:
            scene = Scene(cluster, start, folder, plan.jobs, _STEP_SECONDS)
            forget_all(scene, table, brokers_at=folder / "brokers")
    return table.end()


def forget_all(scene: Scene, table: Table, *, brokers_at: Path | None = None) -> None:
    """Have the old jobs done, and then forgotten; tell sizes, and what does not hold."""
    scene.begin()
    _tell(scene, table, "before", brokers_at)
    with scene.others() as given:
        scene.order("trim")
        table.tell(f"trimmed: {scene.records()}")
        scene.order("forget")
        scene.until(lambda: not scene.shown("a")[OLD, "COMPLETED"], lambda: scene.shown("a"))
        table.tell("forgotten")
        scene.until(lambda: not scene.objects(), scene.objects)
    _tell(scene, table, "after", brokers_at)
    table.fact("jobs that flowed meanwhile, all done", len(given))
    scene.start("status", "new")
    scene.until(lambda: scene.shown("new") == scene.shown("a"), lambda: scene.shown("new"))
    apart = scene.rows("new") ^ scene.rows("a")
    table.none("rows in which a new replica differs", [str(row) for row in sorted(apart)])
    table.fact("status table of the new replica, kB", scene.table_bytes("new") // 1000)
    verdict = audited(scene.cluster).verdict
    table.none("findings of the audit", [str(finding) for finding in verdict.findings])
    table.fact("jobs that the audit knows to be forgotten", verdict.forgotten)


def _tell(scene: Scene, table: Table, when: str, brokers_at: Path | None) -> None:
    table.tell(f"{when}: {scene.records()}, {scene.objects()} objects, {scene.table_bytes()} bytes")
    for topic, count in scene.records().items():
        table.fact(f"offsets in {topic}, {when}", f"{count:,}")
    table.fact(f"objects in the store, {when}", scene.objects())
    table.fact(f"status table, kB, {when}", scene.table_bytes() // 1000)
    if brokers_at is not None:
        size = sum(path.stat().st_size for path in brokers_at.rglob("*.log"))
        table.fact(f"logs of the broker, MB, {when}", f"{size / 1e6:.0f}")


@contextmanager
def _starting(cluster: Cluster, folder: Path) -> Iterator[Start]:
    started: list[Service] = []

    def start(module: str, instance: str = "a", **settings: object) -> Service:
        name = f"{module.split(maxsplit=1)[0]}-{instance}"
        own = {
            "object_store_url": f"file://{folder}/objects",
            "data_dir": folder / name,
            "instance_id": instance,
        }
        environment = cluster.environment(**own, **settings)
        log = folder / f"{name}-{len(started)}.log"
        started.append(Service(module, environment=environment, log=log).start())
        return started[-1]

    try:
        yield start
    finally:
        for service in started:
            service.close()
