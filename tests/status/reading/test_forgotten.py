"""Jobs that stages have forgotten: no ghost of them, and in time no mark."""

from typing import Any, Final

import pytest
from support.status.rig import Rig
from support.status.topics import CATALOG, Log

from status.table.row import GONE

_KEPT_MS: Final = int(CATALOG["job-state"].config["delete.retention.ms"])


def test_a_further_submission_of_a_forgotten_job_shows_nothing(rig: Rig, log: Log) -> None:
    """The first stage knows it for a duplicate: nobody will ever do it."""
    # Given a job that was forgotten in its second attempt
    log.state("a", "COMPLETED", attempt=2)
    log.forgotten("a", attempt=2)
    rig.apply()

    # When its producer repeats itself, then it stays gone
    log.submission("a")
    log.submission("a", attempt=2)
    rig.apply()
    assert rig.row("a").gone
    assert rig.counts() == {}
    # And a further attempt is a job again
    log.submission("a", attempt=3)
    rig.apply()
    assert rig.row("a").status == "QUEUED"


def test_a_tombstone_that_people_wrote_is_undone_by_a_younger_submission(
    rig: Rig, log: Log
) -> None:
    """As the first stage does it: it says nothing of attempts."""
    # Given one, when the job is submitted again, then it is there
    log.append("job-state", "a", None)
    log.submission("a")
    rig.apply()
    assert rig.row("a").status == "QUEUED"


def test_marks_of_forgotten_jobs_go_when_the_cluster_tells_of_them_no_more(
    rig: Rig, log: Log
) -> None:
    """So a table grows with the jobs there are, not with all that ever were."""
    # Given a job, and two that were forgotten one after another
    log.state("kept", "COMPLETED")
    for job_id in ("a", "b"):
        log.state(job_id, "COMPLETED")
        log.forgotten(job_id)
        rig.apply()
        log.now_ms += 1000

    # When the first has been gone for as long as its tombstone is kept
    rig.materializer.caught_up_at(log.now_ms - 1000 + _KEPT_MS - 500)

    # Then its mark is gone, and that of the other is not
    with rig.table.snapshot() as snapshot:
        assert snapshot.job("a") is None
        assert snapshot.job("b") is not None
        gone = snapshot.rows("SELECT jobs FROM counts WHERE status = ?", (GONE,))
    assert gone == [(1,)]
    assert rig.counts() == {"COMPLETED": 1}


@pytest.mark.parametrize(("away_ms", "outlived"), [(_KEPT_MS - 1, False), (_KEPT_MS, True)])
def test_a_table_is_of_no_use_after_it_was_away_for_longer_than_deletions_are_told(
    rig: Rig, log: Log, *, away_ms: int, outlived: bool
) -> None:
    """What was deleted meanwhile it would show for ever."""
    # Given a table that has caught up at some time, when it is asked later, then it knows
    rig.materializer.caught_up_at(log.now_ms)
    assert rig.materializer.outlived(log.now_ms + away_ms) is outlived


def test_a_table_writes_down_often_enough_that_it_is_up_to_date(rig: Rig) -> None:
    """Where it did so as seldom as tombstones go, each break of the connection would end it."""
    # Given a table, when it is asked how often, then it is far more often than that
    assert 0 < rig.materializer.keep_seconds <= _KEPT_MS / 1000 / 10


def test_a_table_that_never_caught_up_goes_on_where_it_was(building: Rig) -> None:
    """It has only begun: there is no time to go by."""
    # Given a table that is being built, when it is asked, then it goes on
    assert not building.materializer.outlived(2**50)


def test_a_table_that_is_made_anew_knows_no_marks(rig: Rig, log: Log) -> None:
    """It begins as if there never had been any."""
    # Given a table from which marks were removed
    log.forgotten("a")
    rig.apply()
    rig.materializer.caught_up_at(log.now_ms + _KEPT_MS + 1)
    told: list[Any] = []

    # When it is forgotten and bound again
    rig.materializer.forget()
    rig.begin()
    with rig.table.snapshot() as snapshot:
        told = snapshot.rows("SELECT * FROM purged")

    # Then it has nothing of that
    assert told == []
    assert not rig.materializer.outlived(2**50)
