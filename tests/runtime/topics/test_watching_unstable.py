"""When a partition counts as standing still."""

import pytest

from headway.edges.admin import Place
from headway.topics.unstable import Stillness

_HERE: Place = ("t", 0)
_THERE: Place = ("t", 1)


def test_a_partition_stands_still_after_the_longest_transaction() -> None:
    """Until then it may be a transaction like any other."""
    # Given a partition with 18 records behind its last stable offset
    stillness = Stillness(after_seconds=60)

    # When it is looked at again and again, then it is told from the sixtieth second on
    told = [stillness.seen({_HERE: 28}, {_HERE: 46}, now) for now in (0, 30, 59.9, 60, 90)]
    assert told == [{}, {}, {}, {_HERE: 18}, {_HERE: 18}]


def test_records_that_go_on_arriving_behind_it_are_counted() -> None:
    """Writers do not notice; so what is hidden grows."""
    # Given a partition that stands still, when more is written, then it counts
    stillness = Stillness(after_seconds=10)
    stillness.seen({_HERE: 28}, {_HERE: 30}, 0)
    assert stillness.seen({_HERE: 28}, {_HERE: 500}, 10) == {_HERE: 472}


@pytest.mark.parametrize(("stable", "high"), [(29, 46), (28, 28)])
def test_a_partition_that_moves_or_hides_nothing_is_well(stable: int, high: int) -> None:
    """One that is always in the middle of some transaction is merely busy."""
    # Given a partition that stood still for a while
    stillness = Stillness(after_seconds=60)
    stillness.seen({_HERE: 28}, {_HERE: 46}, 0)

    # When it has moved, or nothing is behind it any more, then its time begins anew
    assert stillness.seen({_HERE: stable}, {_HERE: high}, 61) == {}
    assert stillness.seen({_HERE: stable}, {_HERE: high + 1}, 100) == {}


def test_a_partition_that_could_not_be_asked_keeps_its_time() -> None:
    """A broker that is away for a look does not hide what hangs."""
    # Given two partitions, one of which is not answered for in the second look
    stillness = Stillness(after_seconds=60)
    stillness.seen({_HERE: 1, _THERE: 1}, {_HERE: 3, _THERE: 3}, 0)
    assert stillness.seen({_THERE: 1}, {_THERE: 3}, 50) == {}

    # When it answers again, then its time has gone on
    told = stillness.seen({_HERE: 1, _THERE: 1}, {_HERE: 3, _THERE: 3}, 60)
    assert told == {_HERE: 2, _THERE: 2}


def test_a_high_watermark_that_could_not_be_asked_hides_nothing() -> None:
    """What is not known is not told."""
    # Given only a last stable offset, when it is looked at for long, then nothing is told
    stillness = Stillness(after_seconds=1)
    assert [stillness.seen({_HERE: 28}, {}, now) for now in (0, 5)] == [{}, {}]
