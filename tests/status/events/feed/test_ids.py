"""Readers that come back with an id: of other topics, ahead of the replica, of fewer partitions."""

import asyncio

import pytest
from support.status.events.reader import HookedTable, Reader, nines, read_all, read_out, told
from support.status.events.sse import Event
from support.status.rig import Rig
from support.status.topics import PARTITIONS, Log

from status.reading.cluster import Ends
from status.table.position import Position, Vector

#: The offsets of who has seen nothing.
NOTHING = str(Vector.beginning(PARTITIONS))


@pytest.mark.parametrize(
    ("last_id", "reason"),
    [
        ("garbage", "not one of this service"),
        ("ffffffffffff:" + NOTHING, "of other topics"),
        ("0123456789ab-1f:" + NOTHING, "has lost records"),
    ],
)
def test_an_id_that_means_nothing_here_is_answered_by_a_reset_and_a_snapshot(
    rig: Rig, log: Log, table: HookedTable, last_id: str, reason: str
) -> None:
    """The reader forgets what it knew, and a break right after that costs it nothing."""
    # Given a job, and an id that no position of this table could be
    log.submission("a")
    rig.apply()

    # When a reader comes with that id
    events, _ = read_all(rig, table, last_id)

    # Then it is told to forget, why, and every job; the id of the reset is one to resume from
    assert [event.event for event in events] == ["reset", "job"]
    assert reason in events[0].json()["reason"]
    assert read_all(rig, table, events[0].id)[0] == events[1:]


def test_an_id_ahead_of_this_replica_is_waited_for(rig: Rig, log: Log, table: HookedTable) -> None:
    """A reader that comes from a faster replica is shown nothing older than it has seen."""
    # Given a reader that has seen a record which this replica has not yet read
    log.submission("a")
    batch = log.batch()
    ahead = Vector.beginning(PARTITIONS)
    for (source, partition), offset in batch.offsets.items():
        ahead = ahead.advanced(source, partition, offset)
    last_id = str(Position.at(rig.freshness.epoch, ahead))

    async def read() -> list[Event]:
        with rig.hub.connect() as client:
            feeds = rig.feeds_of(table)
            reader = Reader(feeds.all_jobs(client, last_id), client, last_id)
            reading = asyncio.ensure_future(reader.read())
            for _ in range(20):
                await asyncio.sleep(0)

            assert not client._listening

            # When the replica has read it
            rig.publish(rig.materializer.apply(batch))
            return await reading

    # Then the reader goes on from there, and is told nothing it knew
    assert asyncio.run(read()) == []


@pytest.mark.usefixtures("impatient")
def test_an_id_of_records_that_kafka_no_longer_has_is_answered_by_a_reset(
    rig: Rig, log: Log, table: HookedTable
) -> None:
    """The cluster itself says that it ends before; so the reader has to forget them too."""
    # Given an id beyond the end of what Kafka has
    log.submission("a")
    rig.apply()
    ahead = Position.at(rig.freshness.epoch, nines())

    # When a reader comes with it
    events, _ = read_all(rig, table, str(ahead))

    # Then it is told to forget, and that the records are no longer there
    assert [event.event for event in events] == ["reset", "job"]
    assert "no longer there" in events[0].json()["reason"]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("says", ["further on", "nothing", "other topics"])
def test_an_id_ahead_of_a_replica_that_is_merely_behind_is_never_answered_by_a_reset(
    rig: Rig, log: Log, says: str
) -> None:
    """The reader is told why it waits, shown nothing older, and sent elsewhere after a while."""
    # Given an id beyond the table, and a cluster that is as far, does not answer, or is another
    log.submission("a")
    rig.apply()
    rig.ends = Ends(rig.freshness.position.base, nines(), nines())
    wanted = Position.at(rig.freshness.epoch, nines())
    if says == "nothing":
        rig.reachable = False
    if says == "other topics":
        rig.ends = Ends("fedcba987654", nines(), nines())
        wanted = Position.at("fedcba987654", nines())

    async def read() -> list[list[Event]]:
        return [await read_out(rig, job_id, str(wanted)) for job_id in (None, "a")]

    # When readers of all jobs and of one come with it
    streams = asyncio.run(read())

    # Then they are told to wait and nothing else, without an id of this replica
    for stream in streams:
        assert {event.event for event in stream} == {"waiting"}
        assert {event.id for event in stream} == {""}


def test_ids_of_fewer_partitions_go_on_where_topics_have_grown(
    rig: Rig, log: Log, table: HookedTable
) -> None:
    """Of the new ones nothing was seen."""
    # Given a job, and a reader whose id is of the time when each topic had two partitions
    log.submission("a")
    rig.apply()

    # When the reader comes back by it
    events, _ = read_all(rig, table, f"{rig.freshness.epoch}:0.0:0.0:0.0:0.0:0.0")

    # Then what the new partitions have is told
    assert told(events) == {"a": ["QUEUED"]}
