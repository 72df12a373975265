"""The list's file: kept over restarts, dropped where it does not fit, bounded as its topics are."""

import sqlite3
from pathlib import Path

import pytest

from status.letters.letter import Letter
from status.letters.listing import Desk, Selection
from status.letters.shelf import FILE_NAME, Shelf

LETTER = Letter("p1.dlq", 0, 0, 1000, "a", 1, "p1", "ValueError", "no", 900, 5, None)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / FILE_NAME


def test_a_file_is_gone_on_with_where_it_stopped(path: Path) -> None:
    """Letters and offsets are one commit."""
    # Given a file with a letter
    with Shelf(path) as shelf:
        shelf.bind("epoch")
        shelf.keep([LETTER], {("p1.dlq", 0): 1})

    # When it is opened again for the same topics
    with Shelf(path) as shelf:
        reached = shelf.bind("epoch")

        # Then it is read on from there, and has the letter
        assert reached == {("p1.dlq", 0): 1}
        assert kept(path) == [0]


@pytest.mark.parametrize("what", ["other topics", "another form", "no database"])
def test_a_file_that_does_not_fit_is_emptied(path: Path, what: str) -> None:
    """All of it comes from Kafka."""
    # Given a file of other topics, of another form, or that is none
    with Shelf(path) as shelf:
        shelf.bind("others" if what == "other topics" else "epoch")
        shelf.keep([LETTER], {("p1.dlq", 0): 1})
    if what == "another form":
        with sqlite3.connect(path) as db:
            db.execute("PRAGMA user_version = 99")
        db.close()
    if what == "no database":
        path.write_bytes(b"nothing that SQLite would know" * 100)

    # When it is opened
    with Shelf(path) as shelf:
        reached = shelf.bind("epoch")

        # Then it begins anew
        assert (reached, kept(path)) == ({}, [])


def test_letters_that_kafka_keeps_no_longer_are_dropped(path: Path) -> None:
    """By their age, and below the first offset of their partition."""
    # Given letters of two topics, one of them older than the others
    letters = [LETTER._replace(offset=n, at=1000 + n) for n in range(5)]
    others = [letter._replace(topic="p2.dlq", offset=letter.offset + 10) for letter in letters]
    with Shelf(path) as shelf:
        shelf.bind("epoch")
        shelf.keep([*letters, *others], {})

        # When those of the first topic from before a moment are dropped, and all below an offset
        shelf.expire({"p1.dlq": 1002})
        shelf.trim({("p1.dlq", 0): 3, ("p2.dlq", 1): 99})

        # Then the others are there
        assert kept(path) == [3, 4, 10, 11, 12, 13, 14]


def test_letters_are_counted_by_stage_and_error_whatever_comes_and_goes(path: Path) -> None:
    """Each once, also one that is read again, or again as something else."""
    # Given a list of letters of two stages
    letters = [LETTER._replace(offset=n, at=1000 + n, job_id=f"{n}") for n in range(6)]
    letters[5] = letters[5]._replace(stage="p2", error_class="Away")
    with Shelf(path) as shelf:
        shelf.bind("epoch")
        shelf.keep(letters, {})
        kept(path)
        desk = Desk(path, path.with_name("jobs.sqlite3"))
        assert desk.by_stage() is None  # not all have been read
        shelf.complete()

        # When some are read again, one of them with another error, and others go
        shelf.keep([*letters[2:], letters[4]._replace(error_class="Odd")], {})
        shelf.expire({"p1.dlq": 1001})
        shelf.trim({("p1.dlq", 0): 2})

        # Then those that are left are counted
        assert desk.by_stage() == {"p1": 3, "p2": 1}
        told = [("p1", "Odd", 1), ("p1", "ValueError", 2), ("p2", "Away", 1)]
        assert sorted(desk.summary()) == told

        # And of other topics nothing is
        shelf.bind("others")
        shelf.complete()
        assert desk.by_stage() == {}


def kept(path: Path) -> list[int]:
    """The offsets of the letters in the file, whatever jobs there are."""
    jobs = path.with_name("jobs.sqlite3")
    with sqlite3.connect(jobs) as db:
        db.execute("CREATE TABLE IF NOT EXISTS jobs (job_id TEXT PRIMARY KEY, origin INTEGER)")
        db.execute(
            "CREATE TABLE IF NOT EXISTS failures (job_id TEXT PRIMARY KEY, origin INTEGER, topic "
            'TEXT, partition INTEGER, "offset" INTEGER, retry_available INTEGER)'
        )
    db.close()
    page = Desk(path, jobs).page(Selection(limit=500))
    return sorted(shown.letter.offset for shown in page.letters)
