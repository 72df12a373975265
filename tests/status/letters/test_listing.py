"""The list of dead letters: which, in which order, page by page while letters come."""

from typing import Any

import pytest
from support.status.letters import Postbox
from support.status.records import START_MS
from support.status.rig import Rig
from support.status.topics import Log
from support.status.web import Web


def test_a_letter_is_told_with_all_that_its_headers_say(post: Postbox, web: Web) -> None:
    """Enough to find it, to know why, and to decide."""
    # Given the letter of a job that failed in its second attempt, its value in the object store
    claim: dict[str, Any] = {"claim": "dead-letters/p1/x", "claim_size": 3_000_000}
    post.failed("a", attempt=2, error_message="The store does not answer.", **claim)

    # When letters are listed
    page = web.json("/dead-letters")

    # Then it is told in full
    assert page["items"] == [
        {
            "topic": "p1.dlq",
            "partition": 0,
            "offset": 0,
            "job_id": "a",
            "attempt": 2,
            "stage": "p1",
            "error_class": "StoreUnavailable",
            "message": "The store does not answer.",
            "failed_at": "2025-10-09T08:53:20.000Z",
            "size_bytes": 3_000_000,
            "claim": "dead-letters/p1/x",
            "redrivable": True,
            "retry_available": True,
        }
    ]
    assert (page["total"], page["next_cursor"]) == (1, None)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [3, 2, 1, 0]),
        ("stage=p2", [3]),
        ("error_class=ValueError", [2]),
        ("job_id=b", [1]),
        (f"since={START_MS + 20}", [3, 2]),
        (f"until={START_MS + 20}", [1, 0]),
        ("since=2025-10-09T08:53:20.020Z&until=2025-10-09T10:53:20.030%2B02:00", [2]),
        ("since=2025-10-09T08:53:20.020+00:00", [3, 2]),
        ("since=2025-10-10", []),
        ("stage=p1&error_class=StoreUnavailable", [1, 0]),
        ("stage=p3", []),
        ("stage=&job_id=", [3, 2, 1, 0]),
    ],
)
def test_a_list_is_narrowed_by_what_is_asked(
    post: Postbox, web: Web, query: str, found: list[int]
) -> None:
    """Each of the filters, and all that are given together."""
    # Given four letters, ten milliseconds apart
    post.letter("a", failed_at=START_MS)
    post.letter("b", failed_at=START_MS + 10)
    post.letter("c", failed_at=START_MS + 20, error_class="ValueError")
    post.letter("d", failed_at=START_MS + 30, topic="p2.dlq")

    # When some of them are asked for
    page = web.json(f"/dead-letters?{query}")

    # Then they come, the newest first, and are counted
    assert [ord(letter["job_id"]) - ord("a") for letter in page["items"]] == found
    assert page["total"] == len(found)


def test_pages_neither_repeat_nor_miss_a_letter_while_others_come(post: Postbox, web: Web) -> None:
    """Also where several failed in the same millisecond."""
    # Given 23 letters, some of the same moment
    places = [post.letter("a", failed_at=START_MS + n // 3) for n in range(23)]

    # When they are read in pages of five, while others come
    seen: list[tuple[str, int, int]] = []
    cursor = ""
    while True:
        page = web.json(f"/dead-letters?limit=5{cursor}")
        seen += [
            (letter["topic"], letter["partition"], letter["offset"]) for letter in page["items"]
        ]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
        post.letter("new", failed_at=START_MS + 1000)

    # Then each of them was seen once, the newest first
    assert seen == places[::-1]


def test_a_letter_can_be_sent_back_if_its_jobs_newest_state_names_it(
    post: Postbox, web: Web, rig: Rig, log: Log
) -> None:
    """And the stage says that the same input may succeed; else only people may want it."""
    # Given jobs that failed, that failed for good, that failed again, and that go on
    post.failed("failed")
    post.failed("for-good", retry_available=False)
    post.failed("again")
    post.failed("again", attempt=2)
    post.failed("goes-on")
    log.state("goes-on", "RETRY_SCHEDULED", attempt=2)
    post.letter("unknown")
    post.failed("deleted")
    log.append("job-state", "deleted", None)
    rig.apply()

    # When all are listed, those that can be sent back, and those that cannot
    told = web.json("/dead-letters")["items"]
    can = web.json("/dead-letters?redrivable=true")
    cannot = web.json("/dead-letters?redrivable=false")

    # Then each says so, and the lists agree with that
    assert {_name(letter): letter["retry_available"] for letter in told} == {
        "failed 1": True,
        "for-good 1": False,
        "again 1": None,
        "again 2": True,
        "goes-on 1": None,
        "unknown 1": None,
        "deleted 1": None,
    }
    assert [_name(letter) for letter in can["items"]] == ["again 2", "failed 1"]
    assert all(letter["redrivable"] for letter in can["items"])
    assert not any(letter["redrivable"] for letter in cannot["items"])
    assert (can["total"], cannot["total"]) == (2, 5)


def test_letters_are_counted_by_stage_and_class_of_error(post: Postbox, web: Web) -> None:
    """What a page offers to choose from."""
    # Given letters of two stages and two classes
    for error_class in ("ValueError", "StoreUnavailable", "StoreUnavailable"):
        post.letter("a", error_class=error_class)
    post.letter("a", topic="p2.dlq")

    # When they are counted
    told = web.json("/dead-letters/summary")

    # Then the most come first
    assert told == {
        "total": 4,
        "counts": [
            {"stage": "p1", "error_class": "StoreUnavailable", "count": 2},
            {"stage": "p1", "error_class": "ValueError", "count": 1},
            {"stage": "p2", "error_class": "StoreUnavailable", "count": 1},
        ],
    }


@pytest.mark.usefixtures("post")
@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("limit=0", ["limit"]),
        ("limit=501", ["limit"]),
        ("cursor=1.2.3", ["cursor"]),
        ("since=yesterday", ["since"]),
        ("until=2025-13-01", ["until"]),
        ("redrivable=yes", ["redrivable"]),
        ("stage=" + "x" * 201, ["stage"]),
        ("since=a&limit=b&cursor=c", ["since", "cursor", "limit"]),
    ],
)
def test_a_parameter_that_does_not_fit_is_named(web: Web, query: str, fields: list[str]) -> None:
    """All of them at once."""
    # Given a list
    # When it is asked for with parameters that do not fit
    response = web.get(f"/dead-letters?{query}")

    # Then it refuses, and names each of them
    assert response.status_code == 400
    assert [fault["field"] for fault in response.json()["errors"]] == fields


@pytest.mark.parametrize("path", ["/dead-letters", "/dead-letters/summary"])
def test_a_list_that_is_still_being_read_is_not_told(rig: Rig, path: str) -> None:
    """Part of it would be taken for all of it."""
    # Given a list that has not met the ends of its topics
    rig.shelf.bind("epoch")

    # When it is asked for
    response = Web(rig).get(path)

    # Then it is not known yet
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")


def test_a_list_whose_file_is_damaged_is_not_told(rig: Rig, post: Postbox, web: Web) -> None:
    """Its reader makes it anew."""
    # Given a list whose file is none
    post.letter("a")
    rig.shelf.__exit__()
    rig.shelf.path.write_bytes(b"no database at all, and long enough to be looked at" * 100)

    # When it is asked for
    response = web.get("/dead-letters")

    # Then it is not known yet
    assert response.status_code == 503
    assert "made anew" in response.json()["detail"]


def _name(letter: dict[str, Any]) -> str:
    return f"{letter['job_id']} {letter['attempt']}"
