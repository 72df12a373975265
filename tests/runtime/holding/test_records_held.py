"""How a release finds its record: by its place, with what lies behind it, once that is known."""

import threading

from support.kafka.messages import partition, task
from support.stages.stage_rig import FakeCluster
from support.waiting import wait_until

from headway.edges import kafka
from headway.following.holdings import HELD, UNKNOWN, Parked
from headway.holding.readahead import ReadAhead
from headway.taking.ownership import Ownership

_OPTIONS: kafka.Options = {"bootstrap.servers": "fake"}


def test_what_lies_behind_a_record_comes_along(cluster: FakeCluster) -> None:
    """Asked for in order, one question to the cluster is enough; each record is its own."""
    # Given records in a held topic
    keys = [b"job-%d" % number for number in range(50)]
    offsets = [cluster.write("p1.held", key, b"value") for key in keys]
    reader = ReadAhead(_OPTIONS)

    # When all are read, the first of them first
    found = [reader.read("p1.held", 0, offset) for offset in offsets]

    # Then they are those, and what was read is kept: no more is asked for
    assert [record.key() for record in found if record] == keys
    cluster.broker.faults.fail("poll", kafka.KafkaException("asked again"))
    assert [reader.read("p1.held", 0, offset) for offset in offsets] == found


def test_a_record_that_is_not_there_is_none(cluster: FakeCluster) -> None:
    """Behind the end, or in another partition."""
    # Given one record
    offset = cluster.write("p1.held", b"job", b"value")
    reader = ReadAhead(_OPTIONS)

    # When others are asked for, then there is none; the one is there
    assert reader.read("p1.held", 0, offset + 1) is None
    assert reader.read("p1.held", 1, offset) is None
    found = reader.read("p1.held", 0, offset)
    assert found is not None
    assert found.key() == b"job"


def test_whoever_asks_for_what_is_being_held_waits_for_its_place() -> None:
    """A stage that was stopped behind its commit may read the command before it knows of it."""
    # Given a job whose record is on its way to the held topic
    owner, ownership = partition(), Ownership()
    owner.jobs.held.park("job-1", Parked(1, HELD, UNKNOWN))
    found: list[Parked | None] = []
    asked = task(owner)
    asking = threading.Thread(target=lambda: found.append(ownership.lying(asked, "job-1")))

    # When somebody asks, and then its offset is known
    asking.start()
    wait_until(asking.is_alive)
    assert found == []
    owner.jobs.held.park("job-1", Parked(1, HELD, 7))
    asking.join()

    # Then that is the answer
    assert found == [Parked(1, HELD, 7)]


def test_nobody_waits_for_what_is_not_ours_any_more() -> None:
    """The heir has it, or the process ends."""
    # Given a job whose record is on its way, in a partition that is lost
    owner, ownership = partition(), Ownership()
    owner.jobs.held.park("job-1", Parked(1, HELD, UNKNOWN))
    owner.lost = True

    # When somebody asks, then there is nothing
    assert ownership.lying(task(owner), "job-1") is None
