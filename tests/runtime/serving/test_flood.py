"""A line anybody can cause is written some times, then counted."""

import logging

import pytest
from support.clock import ManualClock

from headway.serving.flood import MOST_LINES, WINDOW_SECONDS, Flood, bound_floods


def _written(flood: Flood, texts: list[str]) -> list[logging.LogRecord]:
    records = [logging.makeLogRecord({"msg": text}) for text in texts]
    return [record for record in records if flood.filter(record)]


def test_a_text_repeated_without_end_is_written_a_few_times() -> None:
    """The log stays readable, whoever sends what."""
    # Given a log that floods are kept out of
    flood = Flood(ManualClock())

    # When one text is written a thousand times, then it is there a few times
    assert len(_written(flood, ["bad request"] * 1000)) == MOST_LINES


def test_another_text_is_written_all_the_same() -> None:
    """What matters is not lost among what floods."""
    # Given a text that floods
    flood = Flood(ManualClock())
    _written(flood, ["bad request"] * 1000)

    # When another is written, then it is there
    assert len(_written(flood, ["gateway.readiness"])) == 1


def test_a_flood_of_different_texts_is_bounded_too() -> None:
    """Texts with data in them are different each time; what is remembered has a bound."""
    # Given a log that floods are kept out of
    flood = Flood(ManualClock())

    # When texts are written of which no two are the same, then some are there
    assert len(_written(flood, [f"bad {n}" for n in range(10_000)])) <= 100 + MOST_LINES


def test_after_its_time_a_line_says_how_many_were_left_out() -> None:
    """Nothing is hidden: the number is told."""
    # Given a text of which seven lines were left out
    clock = ManualClock()
    flood = Flood(clock)
    _written(flood, ["bad request"] * (MOST_LINES + 7))

    # When it is written again later
    clock.advance(WINDOW_SECONDS)
    later = _written(flood, ["bad request"] * 2)

    # Then the first line tells of the seven, once
    assert vars(later[0])["left_out"] == 7
    assert not hasattr(later[1], "left_out")


def test_a_logger_is_bound_once(caplog: pytest.LogCaptureFixture) -> None:
    """However often a server is configured in one process."""
    # Given a logger that was bound twice
    name = "test-flood"
    bound_floods(name)
    bound_floods(name)

    # When it writes one text over and over
    for _ in range(100):
        logging.getLogger(name).warning("again")

    # Then it is counted once
    assert len(caplog.records) == MOST_LINES
    assert len(logging.getLogger(name).filters) == 1
