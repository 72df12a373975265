"""Readers that were away while jobs were deleted, when nothing tells of that any more."""

from support.status.events.reader import HookedTable, read_all
from support.status.rig import Rig
from support.status.topics import CATALOG, Log

_KEPT_MS = int(CATALOG["job-state"].config["delete.retention.ms"])


def test_a_reader_who_missed_what_is_told_no_more_begins_anew(
    rig: Rig, log: Log, table: HookedTable
) -> None:
    """Else it would show for ever what is gone."""
    # Given a reader that knows two jobs
    for job_id in ("a", "b"):
        log.state(job_id, "COMPLETED")
    rig.apply()
    events, _ = read_all(rig, table, "")
    before = events[-1].id

    # When one is forgotten, and its mark has gone, before the reader is back
    log.forgotten("a")
    rig.apply()
    after = read_all(rig, table, before)[0][-1].id
    rig.materializer.caught_up_at(log.now_ms + _KEPT_MS + 1)

    # Then the reader is told to forget, and what there is
    events, _ = read_all(rig, table, before)
    assert [event.event for event in events][:2] == ["reset", "job"]
    assert "deleted meanwhile" in events[0].json()["reason"]
    assert [event.json()["job_id"] for event in events if event.event == "job"] == ["b"]
    # And one that has seen the job go misses nothing
    assert "reset" not in [event.event for event in read_all(rig, table, after)[0]]
