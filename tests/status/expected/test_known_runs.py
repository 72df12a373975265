"""How long runs take, as learned from the jobs of the table."""

import itertools
from collections.abc import Iterator

import pytest
from support.status.expected.courses import ended, goes_on
from support.status.rig import Rig
from support.status.topics import Log, lane_of
from support.status.web import Web


def _names(first: str) -> Iterator[str]:
    return (f"{first}-{number}" for number in itertools.count())


def test_what_is_known_of_runs_outlives_the_process(web: Web, rig: Rig, log: Log) -> None:
    """A replica just started takes them from the newest jobs that have ended."""
    # Given a job that ended, and one in line, of which nobody told since the process began
    ended(log, "over")
    log.submission("waits")
    rig.commit()

    # When it looks for the first time, then it knows how long jobs take
    rig.look()
    assert web.json("/jobs/waits")["eta_seconds"] == 5


def test_a_job_in_a_lane_of_a_slower_instance_takes_longer(web: Web, rig: Rig, log: Log) -> None:
    """A job of another lane takes as long as that one's do."""
    # Given jobs that have ended, of which those in one lane took thrice as long in the first stage
    slow = "waits-0"
    other = next(name for name in _names("waits") if lane_of(name) != lane_of(slow))
    for job_id in itertools.islice(_names("over"), 240):
        seconds = 6 if lane_of(job_id) == lane_of(slow) else 2
        goes_on(log, job_id, seconds * 1000)
        rig.apply()
        rig.look()
        ended(log, job_id, seconds * 1000)
        rig.apply()
        rig.look()

    # When one begins in that lane, and one in another
    for job_id in (slow, other):
        log.state(job_id, "PROCESS_1_RUNNING", updated_at=rig.clock.now_ms() + 1000)
    rig.apply()
    rig.look()

    # Then each takes as long as its lane's do
    assert web.json(f"/jobs/{slow}")["eta_seconds"] == pytest.approx(6 + 3, abs=0.2)
    assert web.json(f"/jobs/{other}")["eta_seconds"] == pytest.approx(2 + 3, abs=0.2)


def test_a_run_is_known_once_whenever_its_job_is_met(web: Web, rig: Rig, log: Log) -> None:
    """Between two stages a job is rarely met: what it took is learned while the next one runs."""
    # Given a job that has ended
    ended(log, "over")
    rig.apply()
    rig.look()

    # When jobs are met in the next stage, one of them again and again, and others as they end
    for job_id, seconds in (("a", 10), ("b", 4), ("c", 4)):
        goes_on(log, job_id, seconds * 1000)
        rig.apply()
        rig.look()
    for number in range(9):
        log.report("a", 70 + number)
        ended(log, f"quick-{number}")
        rig.apply()
        rig.look()
    log.submission("waits")
    rig.apply()
    rig.look()

    # Then of the four runs of the first stage that are known, half took so long
    assert web.json("/jobs/waits")["eta_seconds"] == pytest.approx(4 + 3, abs=0.2)
