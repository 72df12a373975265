"""A kind of outcome that nobody but the tests knows goes the way of all others."""

from collections.abc import Iterator

import pytest
from prometheus_client import REGISTRY
from support.fake_kafka import errors
from support.fake_kafka.broker import FakeBroker
from support.stages.parked import ParkError, Parking
from support.stages.stage_rig import FakeCluster


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCluster]:
    """The declared topics, and one more for what is parked."""
    broker = FakeBroker()
    broker.install(monkeypatch)
    broker.create("parked", partitions=6)
    made = FakeCluster(broker)
    yield made
    made.close()


def test_an_outcome_of_the_tests_own_is_said_in_a_frame_and_done(cluster: FakeCluster) -> None:
    """Its records and its offset are in one transaction with those of other kinds."""
    # Given a stage that knows one kind more, and two jobs of which one is put aside
    stage = cluster.stage("p1", rules=[Parking("parked")]).start()
    stage.script.fail("aside", ParkError("no paper"))
    counted = _counted()

    # When they are done
    cluster.give("p1", "aside", "done", partition=3)
    stage.turn_until(lambda: cluster.committed("p1").get(3, (0, ""))[0] == 2)

    # Then the one has its output, and the other lies where its kind puts it, headers and all
    assert cluster.outputs("p1") == {"done": 1}
    ((place, offset, parked),) = cluster.read_topic("parked")
    assert (place, parked.key) == (("parked", 3), b"aside")
    assert dict(parked.headers or []) == {"parked.reason": b"no paper"}

    # And its state names the place, and it is counted by its own name
    assert cluster.states()["aside"]["title"] == f"parked at {offset}"
    assert _counted() - counted == 1
    assert cluster.read("p1.dlq") == []


def test_an_aborted_frame_says_it_again_with_the_new_place(cluster: FakeCluster) -> None:
    """What was aborted was never said: the offset that the state names is the one there is."""
    # Given a frame that is aborted once, when its records lie there already
    stage = cluster.stage("p1", rules=[Parking("parked")]).start()
    stage.script.fail("aside", ParkError("no paper"))
    log, aborted = cluster.broker.log(("parked", 0)), list[int]()

    def abort_once() -> None:
        if log.end and not aborted:
            aborted.append(log.end)
            raise errors.abortable(errors.Code.INVALID_TXN_STATE)

    cluster.broker.faults.do("commit_transaction", abort_once, times=None)

    # When the job is done
    cluster.give("p1", "aside", partition=0)
    stage.turn_until(lambda: cluster.committed("p1").get(0, (0, ""))[0] == 1)

    # Then it is read once, behind what was aborted, and the state says where
    assert aborted
    ((_, offset, _),) = cluster.read_topic("parked")
    assert offset >= aborted[0]
    assert cluster.states()["aside"]["title"] == f"parked at {offset}"


def _counted() -> float:
    labels = {"stage": "p1", "outcome": "parked"}
    return REGISTRY.get_sample_value("headway_records_total", labels) or 0.0
