"""Histories of a real cluster: cut at one moment, read in shares, and no further than can be."""

from collections.abc import Iterable

import pytest
from support.kafka.cluster import Cluster

from headway.auditing.history import ALWAYS, NEVER, Done, History, Terms
from headway.auditing.reading import cut as cutting
from headway.auditing.reading.cluster import Reading
from headway.auditing.reading.cut import Cut, Cutting
from headway.auditing.reading.decoding import Decoder
from headway.base.clock import SystemClock
from headway.base.errors import TransientError
from headway.edges import kafka
from headway.edges.admin import Place, ends
from localkafka import RunningBroker

pytestmark = pytest.mark.broker


@pytest.fixture
def cluster(broker: RunningBroker) -> Cluster:
    return Cluster(broker.bootstrap_servers)


def _decoder(cluster: Cluster) -> Decoder:
    return Decoder(cluster.codec, cluster.pipeline, cluster.catalog)


def _cut(cluster: Cluster, since_seconds: float | None = None) -> Cut:
    cutting = Cutting(cluster.options, cluster.catalog, cluster.pipeline)
    topics = _decoder(cluster).topics
    return cutting.take(topics, SystemClock(), since_seconds=since_seconds)


def _read(cluster: Cluster, cut: Cut, *, most_records: int) -> list[History]:
    reading = Reading(
        cluster.options,
        cluster.catalog,
        cluster.pipeline,
        _decoder(cluster),
        cut,
        most_records=most_records,
        patience_seconds=0.5,
    )
    try:
        return list(reading.histories(Terms(), SystemClock(), lambda *_: None))
    finally:
        reading.close()


def test_what_comes_after_the_cut_is_not_read(cluster: Cluster) -> None:
    """A cut is one moment: whatever is written while it is read is of the next one."""
    # Given jobs, a cut, and more jobs behind it
    cluster.submit([f"before-{n}" for n in range(30)])
    cut = _cut(cluster)
    cluster.submit([f"after-{n}" for n in range(30)])

    # When it is read, in one piece and in shares
    whole, shared = (_read(cluster, cut, most_records=most) for most in (1000, 2))

    # Then it has what was there, every job once, and knows that it has all of that
    for histories in (whole, shared):
        jobs = [job for each in histories for job in each.jobs if each.share.has(job.encode())]
        assert sorted(jobs) == sorted(f"before-{n}" for n in range(30))
        assert all(each.whole("job-state", 0) for each in histories)
    assert len(whole) == cut.numbers < len(shared)


def test_a_partition_that_has_no_leader_for_a_moment_is_asked_again(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An audit is for rough times: a leader that moves just now is waited for."""
    # Given a cluster that leaves one partition out twice, the second time of no others
    cluster.submit(["a"])
    asked = list[int]()

    def leaving_out(
        admin: kafka.AdminClient, places: Iterable[Place], isolation: kafka.IsolationLevel
    ) -> dict[Place, int]:
        asked.append(len(list(places)))
        if len(asked) == 2:
            raise kafka.KafkaException(kafka.KafkaError(kafka.KafkaError._ALL_BROKERS_DOWN))
        found = ends(admin, places, isolation)
        if len(asked) == 1:
            found.pop((cluster.catalog["job-state"].name, 0), None)
        return found

    monkeypatch.setattr(cutting, "ends", leaving_out)

    # When a cut is taken
    cut = _cut(cluster)

    # Then it is of all partitions, and only what was left out was asked for again
    assert ("job-state", 0) in cut.extents
    assert asked[0] > asked[1] == asked[2]


def test_a_cut_knows_from_when_on_it_is_whole(cluster: Cluster) -> None:
    """Asked for a day, commands are read whole all the same; what is committed is known."""
    # Given a job, of which its stage has committed that it is done
    cluster.submit(["a"])
    (record,) = cluster.read("jobs.submitted")
    consumer = kafka.consumer(cluster.options, group_id=f"{cluster.prefix}p1")
    source = cluster.catalog["jobs.submitted"].name
    place = kafka.TopicPartition(source, record.partition, record.offset + 1)
    consumer.commit(offsets=[place], asynchronous=False)
    consumer.close()

    # When a cut of the last day is taken
    cut = _cut(cluster, since_seconds=86_400)

    # Then the extents are as they were asked for, and the job is done
    at = ("jobs.submitted", record.partition)
    assert cut.since not in {ALWAYS, NEVER}
    assert cut.extents[at].end == record.offset + 1
    assert cut.extents["job-commands", 0].since == ALWAYS
    assert cut.done[1, at] == Done(record.offset + 1)
    assert not cut.done[2, ("jobs.p1-done", 0)].has(0)
    assert cut.notes == []


def test_a_transaction_that_hangs_is_told_instead_of_waited_for(cluster: Cluster) -> None:
    """What is behind it cannot be seen: an audit without that would be none."""
    # Given a transaction that is left open
    producer = kafka.producer(cluster.options, transactional_id=f"{cluster.prefix}hangs")
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(cluster.catalog["job-state"].name, b"x", key=b"a", partition=0)
    producer.flush(30)

    # When a cut is read
    cut = _cut(cluster)
    with pytest.raises(TransientError, match=r"job-state\[0\].*hanging") as told:
        _read(cluster, cut, most_records=1000)

    # Then it is said where it hangs, and what to do
    assert "hanging-transaction.md" in str(told.value)
    producer.abort_transaction(30)
