"""Jobs that are held for their time, as they are told."""

import zlib

from support.status.records import START_MS
from support.status.rig import Rig
from support.status.topics import PARTITIONS, Log
from support.status.web import Web

_DUE = {"due_at": START_MS + 60_000}


def test_a_held_job_says_for_what_and_until_when(rig: Rig, log: Log, web: Web) -> None:
    """With the stage that holds it and its partition: what a release names."""
    # Given a job that waits for its time, and one for the window of the second stage
    log.state("a", "SCHEDULED", **_DUE, held="not before", progress=0)
    log.state("b", "SCHEDULED", held="window", stage_index=2, stage="p2", progress=50)
    rig.apply()

    # When they are asked for
    one, other = web.json("/jobs/a"), web.json("/jobs/b")

    # Then they say so; of one it is not known until when
    assert (one["held"], one["due_at"]) == ("not before", "2025-10-09T08:54:20.000Z")
    assert (one["stage"], one["terminal"], one["progress"]) == ("p1", False, 0)
    assert (other["held"], other["due_at"], other["stage"]) == ("window", None, "p2")
    assert one["partition"] == zlib.crc32(b"a") % PARTITIONS


def test_a_report_of_the_run_before_moves_no_held_job(rig: Rig, log: Log, web: Web) -> None:
    """Nor is its note shown; the run to come keeps what was reached."""
    # Given a job that is held again after its window has closed
    log.state("a", "PROCESS_1_RUNNING")
    log.append("job-progress", "a", log.records.report("a", 44))
    rig.apply()
    log.state("a", "SCHEDULED", **_DUE, held="window", progress=44)
    rig.apply()

    # When a report of the run before comes late
    log.append("job-progress", "a", log.records.report("a", 47))
    rig.apply()
    held = web.json("/jobs/a")

    # Then it counts once the job runs again
    assert (held["status"], held["progress"], held["note"]) == ("SCHEDULED", 44, "")
    log.state("a", "PROCESS_1_RUNNING")
    rig.apply()
    assert web.json("/jobs/a")["progress"] == 47


def test_held_jobs_are_counted_by_stage(rig: Rig, log: Log) -> None:
    """Apart from those that wait in line."""
    # Given jobs held by both stages
    log.state("a", "SCHEDULED", **_DUE, held="not before")
    log.state("b", "SCHEDULED", held="window", stage_index=2, stage="p2")
    log.state("c", "SCHEDULED", held="window", stage_index=2, stage="p2")
    rig.apply()

    # When the stages are looked at, then each has its own
    assert [stage.held for stage in rig.queues().stages] == [1, 2]
    assert [stage.waiting for stage in rig.queues().stages] == [0, 0]


def test_what_became_of_a_release_its_stage_answers(rig: Rig, log: Log, web: Web) -> None:
    """As of a retry."""
    # Given a held job that somebody wants to run now
    log.state("a", "SCHEDULED", **_DUE, held="not before")
    log.command("a", "release", stage="p1")
    rig.apply()
    before = web.json("/jobs/a")["command"]

    # When its stage answers
    log.result("a", "release a", accepted=True, kind="release")
    rig.apply()

    # Then the job tells it
    command = web.json("/jobs/a")["command"]
    assert (before["kind"], before["state"], command["state"]) == (
        "release",
        "requested",
        "accepted",
    )
