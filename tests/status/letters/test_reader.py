"""Where the list is read from, and what it notices there."""

import sqlite3
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition

from status.letters.letter import Letter
from status.letters.reader import LettersAhead, _spans
from status.letters.shelf import FILE_NAME, Shelf


class Marks:
    """Answers as a client does that is asked how far a partition goes."""

    def __init__(self, low: int, high: int) -> None:
        self._marks = low, high

    def get_watermark_offsets(self, *_: object, **__: object) -> tuple[int, int]:
        return self._marks


def test_a_list_begins_where_kafka_does_and_forgets_what_lies_below(tmp_path: Path) -> None:
    """Letters that the topic keeps no longer are in no list."""
    # Given a list that was read to offset 3, of a partition that begins at 5 and ends at 9
    letter = Letter("p1.dlq", 0, 2, 1000, "a", 1, "p1", "ValueError", "no", 900, 5, None)
    with Shelf(tmp_path / FILE_NAME) as shelf:
        shelf.bind("epoch")
        shelf.keep([letter], {("p1.dlq", 0): 3})

        # When it is asked where to begin
        asked = [TopicPartition("p1.dlq", 0, 3)]
        spans = _spans(Marks(5, 9), asked, shelf)  # type: ignore[arg-type]  # all of a client that is used

        # Then it is there, and what lay below is gone
        assert spans == {("p1.dlq", 0): (5, 9)}
        with sqlite3.connect(shelf.path) as db:
            assert db.execute("SELECT count(*) FROM letters").fetchone() == (0,)
        db.close()


def test_a_list_that_is_ahead_of_kafka_is_found_out(tmp_path: Path) -> None:
    """Kafka lost records: what lies there now are other ones."""
    # Given a list that was read to offset 10, of a partition that ends at 9
    with Shelf(tmp_path / FILE_NAME) as shelf:
        shelf.bind("epoch")

        # When it is asked where to begin, then that is refused
        with pytest.raises(LettersAhead, match="ends at 9, the list at 10"):
            _spans(Marks(0, 9), [TopicPartition("p1.dlq", 0, 10)], shelf)  # type: ignore[arg-type]  # as above
