"""The last word of an instance that goes: all that is left, and what lets its partitions go."""

import pytest
from support.rooms.saying import FIVE, TWO, Rig

from headway.saying import frame as frames


def test_the_last_word_is_all_that_is_left_and_lets_the_partitions_go(rig: Rig) -> None:
    """At once, whatever pause is on, and with the partitions that go though nothing is of them."""
    # Given outcomes that are left, and a pause after an abort
    rig.settle(rig.taken("job"))
    rig.saying.turn()
    rig.aborted(passing=False)
    rig.clock.advance(1)
    rig.saying.turn()
    rig.committed()
    rig.settle(rig.taken("left"))
    rig.group.released.clear()

    # When the last word is asked for
    assert rig.saying.last_word(frozenset({TWO, FIVE})) is True

    # Then they are said, and the partitions are let go with it
    assert rig.names() == [b"left"]
    assert rig.group.released == [frozenset({TWO, FIVE})]
    assert [place.partition for place in rig.beside.said[-1][1].offsets] == [2, 5]


def test_the_last_word_waits_for_what_is_being_said(rig: Rig) -> None:
    """Two frames at once there are none."""
    # Given a frame under way
    rig.settle(rig.taken("job"))
    rig.saying.turn()

    # When the last word is asked for, then it is to be asked for again
    assert rig.saying.last_word(frozenset({TWO})) is False
    assert len(rig.beside.said) == 1
    rig.committed()
    assert rig.saying.last_word(frozenset({TWO})) is True
    assert rig.group.released[-1] == frozenset({TWO})


def test_before_the_last_word_comes_what_was_aborted_without_a_pause(rig: Rig) -> None:
    """The next owner waits: it is said again now, and the partitions are let go after it."""
    # Given a frame that was just aborted
    rig.settle(rig.taken("job"))
    rig.saying.turn()
    rig.aborted()

    # When the last word is asked for, then that one goes first, and lets nothing go
    assert rig.saying.last_word(frozenset({TWO})) is False
    assert (len(rig.beside.said), rig.names()) == (2, [b"job"])
    assert rig.group.released[-1] == frozenset()
    rig.committed()
    assert rig.saying.last_word(frozenset({TWO})) is True
    assert rig.group.released[-1] == frozenset({TWO})


def test_what_one_transaction_does_not_carry_is_said_before_the_last_word(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the frame that ends it lets the partitions go."""
    # Given more than a frame carries
    monkeypatch.setattr(frames, "MOST_TASKS", 2)
    rig.settle(*[rig.taken(name) for name in ("one", "two", "three")])

    # When the last word is asked for, then what fits goes first, and then the rest
    assert rig.saying.last_word(frozenset({TWO})) is False
    assert (rig.names(), rig.group.released[-1]) == ([b"one", b"two"], frozenset())
    rig.committed()
    assert (rig.names(), rig.group.released[-1]) == ([b"three"], frozenset())
    assert rig.saying.last_word(frozenset({TWO})) is False

    # And the last lets go, though it says nothing else
    rig.committed()
    assert rig.saying.last_word(frozenset({TWO})) is True
    assert (rig.names(), rig.group.released[-1]) == ([], frozenset({TWO}))
