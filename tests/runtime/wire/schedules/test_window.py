"""The window of a stage: of its lanes one is told."""

from headway.wire.codec import Codec
from headway.wire.schedules.window import Window, window_in, windows_at

OPEN = Window("p2", open=True, until=5000, next_at=9000, by="", at=100)
CLOSED = Window("p2", open=False, until=None, next_at=8000, by="ann", at=200)


def test_a_window_is_read_as_it_was_written() -> None:
    """Open or closed."""
    # Given records, when they are read, then they are the same
    codec = Codec()
    for window in (OPEN, CLOSED):
        assert window_in(codec, codec.encode("stage-window", window._asdict())) == window


def test_a_window_is_open_where_every_lane_is() -> None:
    """Jobs of the others are held still; who spoke last is told."""
    # Given a stage that is open in one lane of two, when both are asked, then it is not
    found = windows_at([OPEN, CLOSED], 1000)
    assert (found.open, found.lanes, found.window.open) == (1, 2, False)
    assert (found.window.next_at, found.window.by) == (8000, "ann")
    whole = windows_at([OPEN, OPEN._replace(until=4000)], 1000)
    assert (whole.window.open, whole.window.until) == (True, 4000)


def test_a_window_closes_by_itself() -> None:
    """No record has to say so; an opening that is over is none to come."""
    # Given an open window, when its time is over, then it is closed
    found = windows_at([OPEN], 5000)
    assert (found.window.open, found.open, found.window.until) == (False, 0, None)
    assert windows_at([OPEN], 9000).window.next_at is None
