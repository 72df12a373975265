"""Poison served between good jobs, and what has to become of all of them."""

from collections.abc import Iterable
from functools import partial
from typing import Final

from support.audit import faults
from support.kafka.cluster import Cluster
from support.kafka.writing import sure_producer
from support.keeper import Keeper
from support.stages.poison import Fate, Kitchen, Poison
from support.waiting import wait_until

from headway.auditing.findings import Kind
from headway.edges import kafka

_ENDS: Final = frozenset({"COMPLETED", "FAILED"})
#: What the hostile producer lets out; the topics decide by what is left after compression.
_MOST_BYTES: Final = 1_000_000_000


class Table:
    """Serves poison between good jobs, and knows where each record lies."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._producer = sure_producer(
            cluster.options, message_max_bytes=_MOST_BYTES, compression_type="zstd", linger_ms=20
        )
        self.kitchen = Kitchen(cluster.codec)
        self.places: dict[str, tuple[bytes, ...]] = {}
        self.good: list[str] = []

    def serve(self, poison: Iterable[Poison]) -> None:
        """Each record, and a good job behind it that has its partition more often than not."""
        for item in poison:
            self._produce(item)
            job_id = f"good-{len(self.good):03}"
            self.good.append(job_id)
            self._produce(good(job_id, self.kitchen))
        assert self._producer.flush(60) == 0

    def _produce(self, item: Poison) -> None:
        self._producer.produce(
            self._cluster.catalog[item.topic].name,
            item.value,
            item.key,
            headers=item.headers,
            on_delivery=partial(self._delivered, item.name),
        )

    def _delivered(self, name: str, error: object, message: kafka.Message) -> None:
        assert error is None, f"{name}: {error}"
        assert message.offset() is not None, f"{name} lies nowhere"
        place = (message.topic(), message.partition(), message.offset())
        self.places[name] = tuple(str(part).encode() for part in place)


def good(job_id: str, kitchen: Kitchen) -> Poison:
    return Poison(job_id, Fate.COMPLETED, job_id.encode(), kitchen.submission(job_id))


def named(poison: Iterable[Poison]) -> list[str]:
    """The jobs that are to end; a record whose fate is LETTER is none."""
    return [item.name for item in poison if item.fate is not Fate.LETTER]


def fates_of(poison: Iterable[Poison]) -> dict[str, tuple[Fate, str]]:
    """By job: its fate and the stage that gives it up."""
    return {
        item.name: (item.fate, "p2" if item.name.startswith("p2.") else item.stage)
        for item in poison
        if item.fate is not Fate.LETTER
    }


def wait_until_ended(cluster: Cluster, keeper: Keeper, job_ids: Iterable[str]) -> None:
    """Wait until job-state has an end for each, while the keeper keeps the services up."""
    wanted = set(job_ids)

    def left() -> dict[str, str]:
        states = cluster.newest_states()
        told = {job_id: states.get(job_id, {}).get("status", "unknown") for job_id in wanted}
        return {job_id: status for job_id, status in told.items() if status not in _ENDS}

    wait_until(
        lambda: keeper.look() and not left(),
        lambda: f"not ended: {left()}\n" + "\n\n".join(keeper.last_words[-2:]),
    )


def judge(cluster: Cluster, good: list[str], fates: dict[str, tuple[Fate, str]]) -> None:
    """Hold all topics against what had to become of every job."""
    states = cluster.newest_states()
    failed = {
        job_id: stage
        for job_id, (fate, stage) in fates.items()
        if fate is Fate.FAILED or (fate is Fate.ENDED and states[job_id]["status"] == "FAILED")
    }
    # Records were put straight into what p2 reads, of jobs that p1 never had.
    planted = {Kind.JOB_UNSUBMITTED, Kind.OUTPUT_UNTOLD}
    found = faults(cluster, [*good, *fates], failed=failed, allowed=planted)
    assert found == [], "\n".join(found)
