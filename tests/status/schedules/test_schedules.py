"""`GET /schedules`: rules and windows, as the schedulers of all lanes said last."""

import pytest
from support.status.records import START_MS
from support.status.rig import Rig
from support.status.schedules.records import RULES, WINDOWS, batch_of, rule_record, window_record
from support.status.web import Web

from headway.wire.codec import Codec
from status.schedules.board import MOST_NAMES, Board
from status.schedules.reader import ScheduleReader


@pytest.fixture
def reader(codec: Codec, rig: Rig) -> ScheduleReader:
    """A reader without its thread."""
    return ScheduleReader(
        options={},
        rules=RULES,
        windows=WINDOWS,
        partitions=6,
        codec=codec,
        announce=rig.schedules.put,
    )


_RUN = {
    "run_id": "nightly/1",
    "started_at": START_MS,
    "dry": False,
    "by": "ann",
    "position": 10,
    "end": 40,
    "matched": 5,
    "sent": 4,
    "finished_at": None,
}
_TOLD_RULE = {
    "rule": "nightly",
    "kind": "reprocess",
    "stage": "p2",
    "about": "What nightly does.",
    "paused": False,
    "paused_by": "",
    "next_at": "2025-10-09T08:53:20.000Z",
    "last_at": None,
    "pending": 5,
    "done": 0,
    "run": {
        **_RUN,
        "started_at": "2025-10-09T08:53:20.000Z",
        "position": 20,
        "end": 80,
        "matched": 10,
        "sent": 8,
    },
    "updated_at": "1970-01-01T00:00:01.000Z",
}
_TOLD_WINDOW = {
    "stage": "p2",
    "open": False,
    "until": "2025-10-09T08:54:20.000Z",
    "next_at": "2025-10-09T08:54:20.000Z",
    "by": "",
    "at": "1970-01-01T00:00:02.000Z",
    "lanes": 2,
    "lanes_open": 1,
}


def test_every_rule_and_every_window_is_told_once(
    reader: ScheduleReader, codec: Codec, rig: Rig, web: Web
) -> None:
    """Summed over the lanes, in order of names, with times as everywhere."""
    # Given two rules in two lanes, and a window that is open in one of them
    board = Board()
    until = START_MS + 60_000
    batch = batch_of(
        (RULES, 0, "nightly", rule_record(codec, "nightly", pending=2, run=_RUN)),
        (RULES, 1, "nightly", rule_record(codec, "nightly", pending=3, run=_RUN, next_at=START_MS)),
        (RULES, 1, "again", rule_record(codec, "again", kind="rerun")),
        (WINDOWS, 0, "p2", window_record(codec, "p2", open=True, until=until)),
        (WINDOWS, 1, "p2", window_record(codec, "p2", next_at=until, at=2000)),
    )

    # When they were read
    reader.hear(batch, board)
    rig.schedules.put(board.standing())
    told = web.json("/schedules")

    # Then each is told once
    assert [rule["rule"] for rule in told["rules"]] == ["again", "nightly"]
    assert told["rules"][1] == _TOLD_RULE
    assert told["windows"] == [_TOLD_WINDOW]


def test_before_all_of_it_was_read_it_is_not_known(rig: Rig, web: Web) -> None:
    """No rule is said to be gone that was not read yet."""
    # Given a service that has just begun, when it is asked, then it asks to come back
    assert rig.schedules.standing is None
    answer = web.get("/schedules")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


def test_a_rule_that_is_taken_out_goes(reader: ScheduleReader, codec: Codec) -> None:
    """With the tombstone of its last lane; what is none of our records is passed over."""
    # Given a rule in two lanes
    board = Board()
    record = rule_record(codec, "nightly")
    reader.hear(batch_of((RULES, 0, "nightly", record), (RULES, 1, "nightly", record)), board)

    # When one lane takes it out, and something else lies in the topics
    gone = (RULES, 0, "nightly", None)
    reader.hear(batch_of(gone, gone, (RULES, 2, "odd", b"garbage"), (WINDOWS, 0, "", b"")), board)

    # Then it stands in the other, until that one takes it out as well
    assert [len(lanes) for lanes in board.standing().rules] == [1]
    reader.hear(batch_of((RULES, 1, "nightly", None)), board)
    assert board.standing() == ((), ())


def test_of_more_rules_than_anybody_has_no_more_is_taken(
    reader: ScheduleReader, codec: Codec
) -> None:
    """Whoever writes the topic cannot fill the memory of who reads it."""
    # Given more rules than that, when they are read, then the first ones stand
    board = Board()
    record = rule_record(codec, "r")
    many = [(RULES, 0, f"r{number}", record) for number in range(MOST_NAMES + 9)]
    reader.hear(batch_of(*many), board)
    assert len(board.standing().rules) == MOST_NAMES
