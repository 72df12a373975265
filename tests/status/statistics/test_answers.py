"""`GET /statistics`: what the stages did in windows of time."""

from typing import Any

import pytest
from support.status.records import START_MS
from support.status.rig import Rig
from support.status.web import Web

from headway.wire.codec import Codec

_MINUTE_MS = 60_000
#: A hundred ends of 4 to 6 ms each.
_TIMES = [0, 0, 0, 0, 100]
_BEGIN = START_MS - START_MS % 300_000


def _hear(rig: Rig, codec: Codec, key: str, start: int, *, stage: str = "p1", **more: Any) -> None:
    value = {
        "stage": stage,
        "resolution_ms": 10_000,
        "start": start,
        "reports": 20,
        "outcomes": {"done": 98, "failed": 2},
        "errors": {"BadFile": 2},
        "stage_times": _TIMES,
        "job_times": [],
        "paused": {"window closed": 4},
        "instances": 2,
        "waiting": 14,
        "running": 4,
        "oldest_ms": 250,
        **more,
    }
    rig.statistics.hear(key.encode(), codec.encode("stage-statistics", value))


def test_a_window_tells_rates_times_and_failures(web: Web, rig: Rig, codec: Codec) -> None:
    """Quantiles come from the summed histogram; of nothing there are none."""
    # Given a window of ten seconds that is over
    _hear(rig, codec, "p1/10/1", _BEGIN)
    rig.clock.advance((_BEGIN + 10_000 - rig.clock.now_ms()) / 1000)

    # When it is asked for
    told = web.json("/statistics")

    # Then all of it is said
    (window,) = told["windows"]
    assert told["resolution_seconds"] == 10
    assert window == {
        "stage": "p1",
        "start": "2025-10-09T08:50:00.000Z",
        "over": True,
        "ended": 100,
        "ended_per_second": 10.0,
        "outcomes": {"done": 98, "failed": 2},
        "errors": {"BadFile": 2},
        "job_seconds": None,
        "stage_seconds": {"p50": 0.005, "p95": 0.0059, "p99": 0.006},
        "waiting": 14,
        "running": 4,
        "oldest_running_seconds": 0.25,
        "paused": {"window closed": 4},
        "instances": 2,
    }


def test_the_rate_of_a_window_that_lasts_is_of_what_is_over(
    web: Web, rig: Rig, codec: Codec
) -> None:
    """Else each one would begin with a fall."""
    # Given a window of which four seconds are over
    _hear(rig, codec, "p1/10/1", _BEGIN)
    rig.clock.advance((_BEGIN + 4000 - rig.clock.now_ms()) / 1000)

    # When it is asked for, then its rate is of those
    (window,) = web.json("/statistics")["windows"]
    assert (window["over"], window["ended_per_second"]) == (False, 25.0)


def test_windows_come_by_stage_and_time_as_asked_for(web: Web, rig: Rig, codec: Codec) -> None:
    """Of the last hour, or of the time that is asked for."""
    # Given windows of both stages and lengths, one older than they are kept
    rig.clock.advance((_BEGIN - rig.clock.now_ms()) / 1000 + 30)
    _hear(rig, codec, "p2/10/2", _BEGIN + 10_000, stage="p2")
    _hear(rig, codec, "p1/10/2", _BEGIN + 10_000)
    _hear(rig, codec, "p1/10/1", _BEGIN)
    _hear(rig, codec, "p1/10/9", _BEGIN - 61 * _MINUTE_MS)
    _hear(rig, codec, "p1/300/1", _BEGIN, resolution_ms=300_000)

    # When they are asked for in several ways
    def places(query: str) -> list[tuple[str, str]]:
        windows = web.json(f"/statistics?{query}")["windows"]
        return [(each["stage"], each["start"][14:19]) for each in windows]

    # Then each gets what it asked for
    assert places("") == [("p1", "50:00"), ("p1", "50:10"), ("p2", "50:10")]
    assert places("stage=p2") == [("p2", "50:10")]
    assert places(f"since={_BEGIN + 10_000}") == [("p1", "50:10"), ("p2", "50:10")]
    assert places("resolution=300") == [("p1", "50:00")]


@pytest.mark.parametrize("query", ["resolution=11", "stage=p9", "since=yesterday"])
def test_what_does_not_fit_is_named(web: Web, query: str) -> None:
    """With the parameter, as everywhere."""
    # Given a question with a fault, when it is asked, then the fault is told
    answer = web.get(f"/statistics?{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]


def test_the_newer_record_of_a_key_counts(web: Web, rig: Rig, codec: Codec) -> None:
    """Keys are used again; and a process that stood still may say less than was said."""
    # Given a key with a window, one that covers fewer reports, and one of the ring's next turn
    _hear(rig, codec, "p1/10/1", _BEGIN, reports=20)
    _hear(rig, codec, "p1/10/1", _BEGIN, reports=19, waiting=99)
    told = web.json("/statistics")["windows"][0]["waiting"]
    _hear(rig, codec, "p1/10/1", _BEGIN + 3_600_000, reports=1, waiting=5)
    rig.clock.advance(3600)

    # When it is asked for, then first the fuller one was told, and then the next one alone
    assert told == 14
    assert [each["waiting"] for each in web.json("/statistics")["windows"]] == [5]


def test_nobody_fills_the_memory_by_writing_keys(web: Web, rig: Rig, codec: Codec) -> None:
    """So many are kept as the statistics use; stages that are none are left out."""
    # Given more keys than there can be, and a stage that is none
    for number in range(10_100):
        _hear(rig, codec, f"p1/10/{number}", _BEGIN)
    _hear(rig, codec, "px/10/1", _BEGIN, stage="px")

    # When they are asked for, then some were left out
    assert len(web.json("/statistics")["windows"]) == 10_000
