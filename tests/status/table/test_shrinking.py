"""The table's file gives back to the disk what forgotten jobs have left free."""

import sqlite3
from contextlib import closing
from typing import Final

import pytest
from support.status.rig import Rig
from support.status.topics import CATALOG, Log

_KEPT_MS: Final = int(CATALOG["job-state"].config["delete.retention.ms"])
_JOBS: Final = 300


def test_the_file_is_smaller_once_jobs_were_forgotten(
    rig: Rig, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some of it stays free for what comes next; what is left is as it was."""
    # Given a table that keeps no more than ten pages free, in which jobs fill some hundred
    monkeypatch.setattr("status.table.database._SPARE_PAGES", 10)
    for number in range(_JOBS):
        log.state(f"job-{number}", "COMPLETED", title="x" * 4000)
    log.state("kept", "COMPLETED")
    rig.apply()
    before, _ = _pages(rig)

    # When they are forgotten, and their marks have gone
    for number in range(_JOBS):
        log.forgotten(f"job-{number}")
    rig.apply()
    rig.materializer.caught_up_at(log.now_ms + _KEPT_MS + 1)

    # Then the file is a part of what it was, and sound
    after, free = _pages(rig)
    assert after < before / 3
    assert free <= max(after // 4, 10) + 1
    assert rig.counts() == {"COMPLETED": 1}
    with closing(sqlite3.connect(rig.path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_file_that_an_earlier_release_made_is_left_as_it_is(rig: Rig, log: Log) -> None:
    """It cannot give pages back; what comes next takes their room."""
    # Given a table whose file was made without that, with much of it free
    with closing(sqlite3.connect(rig.path)) as db:
        db.executescript("PRAGMA auto_vacuum = NONE; VACUUM;")
    log.state("kept", "COMPLETED")
    rig.apply()

    # When it is to give back what is free, then it says that there is nothing, and goes on
    assert not rig.store.give_back()
    assert rig.counts() == {"COMPLETED": 1}


def _pages(rig: Rig) -> tuple[int, int]:
    """How many there are, and how many of them are free."""
    with closing(sqlite3.connect(rig.path)) as db:
        counts = [db.execute(f"PRAGMA {name}").fetchone()[0] for name in _COUNTS]
    return counts[0], counts[1]


_COUNTS: Final = ("page_count", "freelist_count")
