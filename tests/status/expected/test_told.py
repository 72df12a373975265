"""Place in line and time to the end, as REST tells them."""

from support.status.expected.courses import ended
from support.status.records import START_MS
from support.status.rig import Rig
from support.status.topics import Log
from support.status.web import Web

from status.pauses.board import Pause


def test_a_job_in_line_has_a_place_and_a_time(web: Web, rig: Rig, log: Log) -> None:
    """In both answers, by the runs of those that ended, where one at a time was seen to run."""
    # Given a job that has ended, one that runs, and two in line
    ended(log, "over")
    log.state("runs", "PROCESS_1_RUNNING", updated_at=START_MS)
    log.submission("first")
    log.submission("second")
    rig.apply()

    # When the service has looked at its table
    rig.look()

    # Then both have their places, and the later one takes longer than its own runs
    first, second = web.json("/jobs/first/status"), web.json("/jobs/second")
    assert (first["queue_position"], second["queue_position"]) == (0, 1)
    assert first["eta_seconds"] == 5
    assert second["eta_seconds"] == 7


def test_a_job_that_runs_has_no_place_and_what_is_left_of_its_time(
    web: Web, rig: Rig, log: Log
) -> None:
    """As long as others took, less what is over; what it reports of itself refines that."""
    # Given a job that ended, and one that runs for a second, a look ahead
    ended(log, "over")
    log.state("runs", "PROCESS_1_RUNNING", updated_at=rig.clock.now_ms())
    rig.apply()
    rig.look(1.0)

    # When it is asked
    before = web.json("/jobs/runs")

    # Then one second of two is left, and the second stage; a report that it is nearly through helps
    assert (before["queue_position"], before["eta_seconds"]) == (None, 4)
    log.report("runs", 48)
    rig.apply()
    after = web.json("/jobs/runs")
    assert 3 < after["eta_seconds"] < 3.3


def test_what_would_be_a_guess_is_not_said(web: Web, rig: Rig, log: Log) -> None:
    """Before any job has ended, of a stage that is paused, and of what waits for its time."""
    # Given jobs of which none has ended yet
    log.submission("waits")
    log.state("later", "RETRY_SCHEDULED", due_at=START_MS)
    rig.apply()
    rig.look()
    unknown = web.json("/jobs/waits")

    # When one has ended, but the second stage is away
    ended(log, "over")
    rig.apply()
    rig.look()
    known = web.json("/jobs/waits")
    rig.hub.tell_pauses((Pause("p2", "p2-0", "breaker:object store", START_MS, 6),))
    rig.look()
    paused = web.json("/jobs/waits")

    # Then only while all is known and moves a time is said; the place is known at any time
    times = [told["eta_seconds"] for told in (unknown, known, paused)]
    assert (times[0], times[2]) == (None, None)
    assert [told["queue_position"] for told in (unknown, known, paused)] == [0, 0, 0]
    later, over = web.json("/jobs/later"), web.json("/jobs/over")
    assert (later["queue_position"], later["eta_seconds"]) == (None, None)
    assert (over["queue_position"], over["eta_seconds"]) == (None, None)


def test_a_line_that_does_not_move_says_no_time(web: Web, rig: Rig, log: Log) -> None:
    """Nobody knows whether its stage comes back."""
    # Given a job that has ended, and one in line
    ended(log, "over")
    log.submission("waits")
    rig.apply()

    # When nothing moves for a while
    seen = []
    for _ in range(15):
        rig.look()
        seen.append(web.json("/jobs/waits")["eta_seconds"])

    # Then a time was said at first, and is not any more
    assert (seen[0], seen[-1]) == (5, None)


def test_a_replica_that_is_behind_says_nothing(web: Web, rig: Rig, log: Log) -> None:
    """It does not know the line."""
    # Given a job in line, of which all is known
    ended(log, "over")
    log.submission("waits")
    rig.apply()
    rig.look()
    assert web.json("/jobs/waits")["queue_position"] == 0

    # When the replica falls behind, then it says nothing more
    rig.health.set_ready(ready=False, reason="catching up")
    rig.outlooks.look()
    told = web.json("/jobs/waits")
    assert (told["queue_position"], told["eta_seconds"]) == (None, None)


def test_whoever_thinks_of_submitting_is_told_what_it_would_wait(
    web: Web, rig: Rig, log: Log
) -> None:
    """The place behind all others, the time to the end, and what of that is waiting."""
    # Given a job that has ended and one in line
    ended(log, "over")
    log.submission("waits")
    rig.apply()

    # When it is asked before and after the first look
    before = web.json("/expected")
    rig.look()
    after = web.json("/expected")

    # Then it says so once it knows
    assert set(before.values()) == {None}
    assert (after["queue_position"], after["eta_seconds"]) == (1, 5)
    assert (after["waiting_seconds"], after["seconds_a_job"]) == (0, 0)


def test_jobs_that_fail_or_are_put_off_or_held_move_a_line_too(
    web: Web, rig: Rig, log: Log
) -> None:
    """Their stage took them from it."""
    # Given a job that has ended, and a line
    ended(log, "over")
    for number in range(21):
        log.submission(f"job-{number:02}")
    rig.apply()

    # When all that its stage does for a while is to fail, to put off and to hold
    ends = ("FAILED", "RETRY_SCHEDULED", "SCHEDULED")
    for number in range(20):
        log.state(f"job-{number:02}", ends[number % 3], stage_index=1)
        rig.apply()
        rig.look()

    # Then a time is said of the last one: its line moves
    last = web.json("/jobs/job-20")
    assert last["queue_position"] == 0
    assert 5 <= last["eta_seconds"] < 8


def test_of_a_job_that_its_tags_will_have_held_no_end_is_said(web: Web, rig: Rig, log: Log) -> None:
    """It is the scheduler's to say when it goes on; in line it is as any other."""
    # Given a job that has ended, and two in line by day, one of which waits for the night
    stage = rig.pipeline.stages[-1]
    assert stage.window is not None
    assert stage.window.tag is not None
    assert not stage.window.is_open(rig.clock.now_ms())
    ended(log, "over")
    log.submission("any")
    log.submission("nightly", tags=[stage.window.tag])
    rig.apply()

    # When the service has looked at its table, then it says no end of that one
    rig.look()
    assert web.json("/jobs/any")["eta_seconds"] == 5
    told = web.json("/jobs/nightly")
    assert (told["queue_position"], told["eta_seconds"]) == (1, None)
