"""100,000 jobs are forgotten while others flow; sizes before and after, and what replicas show."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.audit import audited
from support.kafka.cluster import Cluster
from support.processes import Service

from chaos.fleet import folder_of_run
from chaos.retention.declared import write_short
from chaos.retention.disk import Disk
from chaos.retention.scene import OLD, Scene, Start
from chaos.table import Table
from localkafka import running_brokers

_STEP_SECONDS = 3600.0
#: Of what takes less no line is told.
_TOLD_BYTES = 20_000


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
        schemas = write_short(folder / "schemas")
        cluster = Cluster(brokers.bootstrap_servers, schemas)
        with _starting(cluster, folder, schemas) as start:
            scene = Scene(cluster, start, folder, plan.jobs, _STEP_SECONDS)
            forget_all(scene, table, Disk(cluster, folder / "brokers"))
    return table.end()


def forget_all(scene: Scene, table: Table, disk: Disk | None = None) -> None:
    """Have the old jobs done, and then forgotten; tell sizes, and what does not hold.

    With *disk*, topics are compacted within seconds: it is waited for that, and for the marks of
    the jobs to go.
    """
    scene.begin()
    _tell(scene, table, "before", disk)
    with scene.others() as given:
        scene.order("trim")
        table.tell(f"trimmed: {scene.records()}")
        scene.order("forget")
        scene.until(lambda: not scene.done(), lambda: scene.shown("a"))
        table.tell("forgotten")
        scene.until(lambda: not scene.objects(), scene.objects)
        scene.until(lambda: not scene.listed(), scene.listed)
        table.tell(f"no dead letter is listed, {scene.letters()} lie in their topics")
        scene.order("trim")
        if disk is not None:
            table.tell("waits for compaction, and for the marks of the table to go")
            scene.until(lambda: not scene.stated(), scene.stated)
            scene.until(lambda: not scene.marks(), scene.marks)
    _tell(scene, table, "after", disk)
    left = scene.letters()
    table.none("dead letters of forgotten jobs", [f"{left} letters"] if left else [])
    table.fact("jobs that flowed meanwhile, all done", len(given))
    scene.start("status", "new")
    scene.until(lambda: scene.shown("new") == scene.shown("a"), lambda: scene.shown("new"))
    apart = scene.rows("new") ^ scene.rows("a")
    table.none("rows in which a new replica differs", [str(row) for row in sorted(apart)])
    table.fact("status table of the new replica, kB", scene.table_bytes("new") // 1000)
    verdict = audited(scene.cluster).verdict
    # Of the old ones outputs are left, here alone: their tombstones went sooner than those do.
    told = [each for each in verdict.findings if disk is None or not each.job_id.startswith(OLD)]
    table.none("findings of the audit", [str(finding) for finding in told])
    table.fact("jobs that the audit knows to be forgotten", verdict.forgotten)


def _tell(scene: Scene, table: Table, when: str, disk: Disk | None) -> None:
    table.tell(f"{when}: {scene.records()}, {scene.objects()} objects, {scene.table_bytes()} bytes")
    for topic, count in scene.records().items():
        table.fact(f"offsets in {topic}, {when}", f"{count:,}")
    table.fact(f"dead letters, {when}", scene.letters())
    table.fact(f"objects in the store, {when}", scene.objects())
    table.fact(f"status table, kB, {when}", scene.table_bytes() // 1000)
    table.fact(f"jobs that status keeps in mind as deleted, {when}", scene.marks())
    for stage, count in scene.remembered().items():
        table.fact(f"jobs in the index of {stage}, {when}", f"{count:,}")
    for topic, size in ({} if disk is None else disk.bytes()).items():
        if size >= _TOLD_BYTES:
            table.fact(f"kB on disk of {topic}, {when}", f"{size // 1000:,}")


@contextmanager
def _starting(cluster: Cluster, folder: Path, schemas: Path) -> Iterator[Start]:
    started: list[Service] = []

    def start(module: str, instance: str = "a", **settings: object) -> Service:
        name = f"{module.replace(' ', '-')}-{instance}"
        own = {
            "object_store_url": f"file://{folder}/objects",
            "data_dir": folder / name,
            "instance_id": instance,
        }
        environment = cluster.environment(**own, **settings)
        log = folder / f"{name}-{len(started)}.log"
        run = f"chaos.retention.declared {schemas} {module}"
        started.append(Service(run, environment=environment, log=log).start())
        return started[-1]

    try:
        yield start
    finally:
        for service in started:
            service.close()
