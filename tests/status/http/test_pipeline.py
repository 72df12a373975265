"""`GET /pipeline`: how the stages stand."""

from support.status.letters import Postbox
from support.status.records import START_MS
from support.status.rig import Rig
from support.status.topics import Log
from support.status.web import Web

from headway.wire.codec import Codec
from status.pauses.board import Pause

_AWAY = Pause("p1", "p1-0", "breaker:object store", START_MS, 6)
_FULL = Pause("p2", "p2-1", "buffer", START_MS, 3)
_FIRST = {
    "name": "p1",
    "label": "Process 1",
    "waiting": 1,
    "running": 0,
    "retries_pending": 1,
    "held": 1,
    "retry_overdue_seconds": 62,
    "dead_letters": 1,
    "done_per_second": round(1 / 60, 3),
    "pauses": [{**_AWAY._asdict(), "since": "2025-10-09T08:53:20.000Z"}],
}


def test_it_tells_of_every_stage_who_waits_and_what_it_gets_done(
    web: Web, rig: Rig, log: Log, codec: Codec
) -> None:
    """In the order of the pipeline, with what pauses each, and all jobs by status."""
    # Given a minute in which things happened, and pauses of both stages
    rig.clock.advance(61)
    log.submission("a")
    log.state("b", "PROCESS_1_DONE", updated_at=START_MS)
    log.state("c", "RETRY_SCHEDULED", due_at=START_MS)
    log.state("e", "SCHEDULED", due_at=START_MS, held="window")
    Postbox(rig, log, codec).failed("d")
    rig.hub.tell_pauses((_AWAY, _FULL))
    rig.clock.advance(1)

    # When it is asked how the stages stand
    told = web.json("/pipeline")

    # Then it says so
    first, second = told["stages"]
    oldest_ms = rig.clock.wall_ms - rig.row("a").submitted_at
    assert first == {**_FIRST, "oldest_waiting_seconds": oldest_ms / 1000}
    assert (second["waiting"], second["oldest_waiting_seconds"]) == (1, 62)
    assert [pause["instance"] for pause in second["pauses"]] == ["p2-1"]
    assert told["jobs"] == {
        "FAILED": 1,
        "PROCESS_1_DONE": 1,
        "QUEUED": 1,
        "RETRY_SCHEDULED": 1,
        "SCHEDULED": 1,
    }
    assert told["position"] == web.json("/jobs")["position"]


def test_what_is_not_known_is_null(web: Web) -> None:
    """The letters while they are read, the rate until a minute was observed."""
    # Given a replica that has just caught up, its list of letters not, when it is asked
    stages = web.json("/pipeline")["stages"]

    # Then it knows of no job, and says of letters and rate that it does not know
    assert [(s["waiting"], s["dead_letters"], s["done_per_second"]) for s in stages] == [
        (0, None, None),
        (0, None, None),
    ]


def test_while_the_table_is_built_it_is_refused(building: Rig) -> None:
    """As every question to the table."""
    # Given a table that is being built, when it is asked, then it asks to come back
    answer = Web(building).get("/pipeline")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.headers["content-type"] == "application/problem+json"


def test_it_waits_for_the_record_that_the_reader_has_written(web: Web, log: Log, rig: Rig) -> None:
    """`?after=` is of every question to the table."""
    # Given a job that is in the table, when it is asked behind its record, then it counts
    log.submission("a")
    change = rig.apply()
    partition, offset = next(
        (p, end - 1) for p, end in enumerate(change.position.vector.parts[0]) if end
    )
    assert web.json(f"/pipeline?after={partition}:{offset}")["stages"][0]["waiting"] == 1
    assert web.get("/pipeline?after=nonsense").status_code == 400
