"""Without a producer nothing is said or taken, until there is one and all is read anew."""

from support.rooms.saying import LOST, TWO, Rig

from headway.saying.committer import Opened


def test_everything_is_paused_until_a_producer_is_there(rig: Rig) -> None:
    """What could not be said is not taken."""
    # Given a stage that begins
    rig.saying.open()
    assert "no producer" in (rig.flow.unready or "")

    # When its producer is there, then all flows
    assert rig.comes_of_it(Opened()) is None
    assert not rig.flow.paused


def test_a_lost_producer_takes_all_along_until_everything_is_read_anew(rig: Rig) -> None:
    """What it was told may be committed or not: nothing is said before that is known."""
    # Given a frame under way, one that waits to be tried again, and outcomes behind it
    rig.settle(rig.taken("tried"))
    rig.saying.turn()
    rig.aborted()
    rig.settle(rig.taken("behind"))
    rig.clock.advance(1)
    rig.saying.turn()
    assert not rig.saying.reopened

    # When the producer is lost, then it is told, and all of it is dropped
    assert rig.comes_of_it(LOST) is LOST
    assert rig.told[-1] == ("fatal", None)
    assert (rig.flow.taken, rig.saying.waits, rig.saying.under_way) == (0, False, False)
    assert rig.saying.ended < rig.saying.begun

    # And what ends until another is there, and read anew, is not said
    rig.saying.open()
    assert not rig.saying.reopened
    rig.settle(rig.taken("late"))
    rig.comes_of_it(Opened())
    assert rig.saying.reopened
    assert "no producer" in (rig.flow.unready or "")
    said = len(rig.beside.said)
    rig.saying.turn()
    assert len(rig.beside.said) == said
    assert rig.saying.last_word(frozenset({TWO})) is False
    assert len(rig.beside.said) == said

    # And then it begins with nothing in hand, and all flows
    rig.saying.go_on()
    assert not rig.saying.reopened
    assert (rig.flow.taken, rig.saying.waits) == (0, False)
    assert not rig.flow.paused
    rig.settle(rig.taken("again"))
    rig.saying.turn()
    assert rig.names() == [b"again"]
