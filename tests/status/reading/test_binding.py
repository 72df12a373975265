"""A table meets the topics it was made of, or others."""

from support.status.rig import EPOCH, Rig
from support.status.topics import PARTITIONS, Log


def test_a_file_is_gone_on_with_where_it_stopped(rig: Rig, log: Log) -> None:
    """Rows and offsets are committed together, so neither is ahead of the other."""
    # Given a table with one record in it
    log.submission("a")
    change = rig.apply()

    # When it is opened again for the same topics
    offsets = rig.materializer.bind(EPOCH)

    # Then it is whole, stands where it stood, and has yet to meet the ends of the topics
    standing = rig.materializer.standing()
    assert standing.position == change.position
    assert standing.complete
    assert not standing.caught_up
    assert len(offsets) == 5 * PARTITIONS
    assert sum(offsets.values()) == 1


def test_the_table_of_another_epoch_is_dropped(rig: Rig, log: Log) -> None:
    """Its offsets mean nothing in other topics, nor do its jobs."""
    # Given a table with a job
    log.submission("a")
    before = rig.apply()

    # When it is opened for other topics
    offsets = rig.materializer.bind("another")

    # Then it is empty, begins at their beginning, and counts its commits on
    assert set(offsets.values()) == {0}
    assert not rig.materializer.standing().complete
    assert rig.materializer.standing().sequence > before.sequence
    with rig.table.snapshot() as snapshot:
        assert snapshot.job("a") is None
        assert snapshot.counts() == {}


def test_a_table_ahead_of_kafka_is_forgotten_and_its_ids_with_it(rig: Rig, log: Log) -> None:
    """After a loss of data the same offsets may name other records."""
    # Given a table with a job
    log.submission("a")
    before = rig.apply().position

    # When it is forgotten and opened for the same topics
    rig.materializer.forget()
    offsets = rig.materializer.bind(EPOCH)
    after = rig.materializer.standing().position

    # Then it begins anew, under an epoch of its own that lasts
    assert set(offsets.values()) == {0}
    assert after.epoch != before.epoch
    rig.materializer.bind(EPOCH)
    assert rig.materializer.standing().position == after
