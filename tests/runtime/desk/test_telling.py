"""What is said beside the answer, and times as people give them."""

import argparse
import io

import pytest

from headway.desk import telling
from headway.desk.times import moment_of


class Screen(io.StringIO):
    """A terminal, or none."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@pytest.mark.parametrize(("terminal", "told"), [(True, "[######"), (False, "headway: read: 5,000")])
def test_progress_is_a_bar_on_a_terminal_and_a_line_elsewhere(
    monkeypatch: pytest.MonkeyPatch, told: str, *, terminal: bool
) -> None:
    """And what takes no time says nothing."""
    # Given somebody who looks on, or a file
    screen = Screen(terminal=terminal)
    monkeypatch.setattr("sys.stderr", screen)

    # When something goes on at once, and when it takes its time
    quick = telling.Progress("read", 10_000)
    quick.at(5000)
    quick.over()
    assert screen.getvalue() == ""
    monkeypatch.setattr(telling, "_QUIET_SECONDS", 0.0)
    monkeypatch.setattr(telling, "_LINE_SECONDS", 0.0)
    slow = telling.Progress("read", 10_000)
    slow.at(5000)
    slow.over()

    # Then it is told how far it is
    assert told in screen.getvalue()
    assert screen.getvalue().endswith("\n")


def test_a_time_is_so_long_ago_or_a_moment() -> None:
    """With a zone or in UTC; anything else is refused with what may be said."""
    # Given times as people give them
    # When they are read
    ago = moment_of("30 min") - moment_of("2h")
    moments = {moment_of("2026-01-31T12:00:00Z"), moment_of("2026-01-31T13:00:00+01:00")}

    # Then each is its moment
    assert ago == pytest.approx(90 * 60_000, abs=5000)
    assert moments == {moment_of("2026-01-31T12:00:00")}
    with pytest.raises(argparse.ArgumentTypeError, match="say 2h, 30 min"):
        moment_of("yesterday")
