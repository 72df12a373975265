"""The newest states of some jobs, read from the state topic: no service is asked."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from headway.base.errors import DecodeError, UnknownSchema
from headway.desk.cluster import Cluster
from headway.desk.reading import read_to_end
from headway.desk.subcommand import CannotRun, NotDone
from headway.edges import kafka
from headway.wire.records import job_id_from


class Newest(NamedTuple):
    """A state, and where it lies in the topic of the states."""

    partition: int
    state: Mapping[str, Any]
    offset: int


def newest_states(
    cluster: Cluster, job_ids: Collection[str], partitions: Collection[int]
) -> dict[str, Newest]:
    """The state of each of *job_ids* that has one in *partitions*. Blocks.

    Raises:
        CannotRun: the cluster went away, or a newer release wrote a state.
    """
    topic = cluster.topic(cluster.pipeline.state)
    found: dict[str, Newest] = {}
    places = [(topic, index) for index in sorted(partitions)]
    for message in read_to_end(cluster, places, "states read"):
        job_id = job_id_from(message.key())
        if job_id is None or job_id not in job_ids:
            continue
        state = _state(cluster, message)
        if state is None:
            found.pop(job_id, None)
        else:
            found[job_id] = Newest(message.partition() or 0, state, message.offset() or 0)
    return found


def newest_state(cluster: Cluster, job_id: str) -> Newest:
    """The newest state of one job.

    Raises:
        NotDone: it has none.
    """
    topic = cluster.topic(cluster.pipeline.state)
    count = cluster.counts[topic]
    usual = kafka.murmur2(job_id.encode(), count)
    # A producer with another partitioner may have put it elsewhere.
    for partitions in ([usual], [index for index in range(count) if index != usual]):
        if job_id in (found := newest_states(cluster, [job_id], partitions)):
            return found[job_id]
    raise NotDone(
        f"{topic} has no state of job {job_id!r}: no stage has taken it yet, or there is no such "
        "job. If it was just submitted, say --attempt 1"
    )


def _state(cluster: Cluster, message: kafka.Message) -> Mapping[str, Any] | None:
    value = message.value()
    if value is None:
        return None
    try:
        return cluster.codec.decode(value, "job-state")
    except UnknownSchema as error:
        raise CannotRun(f"a newer release wrote a state: {error}; use its command line") from error
    except DecodeError:
        return None
