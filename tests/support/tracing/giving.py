"""Jobs within traces, given to a stage in this process; what its records carry on."""

from support.stages.stage_rig import FakeCluster, InProcessStage

from headway.tracing.context import TraceContext, extract, inject

#: That of a producer, with what tracing systems pass on.
PRODUCER = TraceContext(0xABC, 0xDEF, 1, "vendor=1")


def give(
    cluster: FakeCluster, stage: str, job_id: str, context: TraceContext | None = PRODUCER
) -> None:
    """Write a record of what *stage* reads, with *context* in its headers."""
    source = cluster.pipeline.stage(stage).source
    headers = inject(context) if context else None
    value = cluster.encoded(stage, job_id)
    cluster.write(source, job_id.encode(), value, headers=headers)


def done(stage: InProcessStage, cluster: FakeCluster, count: int) -> None:
    """Turn *stage* until so many records of its source are done, and all is said."""
    stage.turn_until(lambda: cluster.committed(stage.name).get(0, (0, ""))[0] == count)
    stage.turn_until(lambda: not stage.runner.saying.waits)


def carried(cluster: FakeCluster, topic: str) -> dict[str, TraceContext | None]:
    """The context that each record of a topic carries, by job."""
    found = [record for _, _, record in cluster.read(topic)]
    return {(record.key or b"").decode(): extract(record.headers or []) for record in found}
