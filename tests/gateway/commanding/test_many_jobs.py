"""`POST /jobs/retry`: many jobs by a filter or by their ids, a page at a time."""

from collections.abc import Callable
from typing import Any

import httpx
from support.gateway.memory import FakePublisher
from support.gateway.problems import kind_of, problem_in
from support.gateway.status import FakeStatus, letter

from gateway.admitting.publisher import NotTaken
from gateway.receiving.refusals import Kind, Refusal
from headway.wire.codec import Codec

Ask = Callable[..., httpx.Response]


def _page(*job_ids: str, total: int, cursor: str | None = None) -> dict[str, Any]:
    return {"items": [letter(id_) for id_ in job_ids], "total": total, "next_cursor": cursor}


def test_all_letters_of_a_filter_are_commanded_page_by_page(
    ask: Ask, publisher: FakePublisher, status: FakeStatus, codec: Codec
) -> None:
    """The cursor is handed on until there is none; each command goes where its letter lies."""
    # Given four letters on two pages, the last of a record too large to be sent back
    status.pages = [_page("a", "b", total=4, cursor="c1"), _page("c", total=2)]
    status.pages[1]["items"].append({**letter("large"), "claim": "dead-letters/p2/x"})
    wish = {"filter": {"stage": "p2", "error_class": "StoreUnavailable"}, "limit": 2}

    # When they are retried until there is no cursor
    first = ask("POST", "/jobs/retry", json=wish)
    second = ask("POST", "/jobs/retry", json={**wish, "cursor": first.json()["next_cursor"]})

    # Then status was asked by that filter, and each letter has one command in its partition
    assert (first.status_code, second.status_code) == (202, 202)
    assert [first.json()[name] for name in ("matched", "commanded")] == [4, 2]
    assert second.json()["next_cursor"] is None
    assert [skip["job_id"] for skip in second.json()["skipped"]] == ["large"]
    asked = {**wish["filter"], "limit": "2"}  # type: ignore[dict-item]  # it is a dict
    assert status.asked == [asked, {**asked, "cursor": "c1"}]
    said = [codec.decode(value, "job-command") for _, value in publisher.records]
    assert [(c["job_id"], c["kind"], c["attempt"], c["stage"]) for c in said] == [
        (id_, "retry", 1, "p2") for id_ in ("a", "b", "c")
    ]
    assert publisher.partitions == [3, 3, 3]


def test_a_dry_run_tells_and_writes_nothing(
    ask: Ask, published: list[tuple[str, bytes]], status: FakeStatus
) -> None:
    """200 with how many there are and which are on the page."""
    # Given two letters
    status.pages = [_page("a", "b", total=2)]

    # When a dry run asks for them
    answer = ask("POST", "/jobs/retry", json={"filter": {}, "dry_run": True})

    # Then they are told, and nothing is commanded
    told = answer.json()
    assert answer.status_code == 200
    assert (told["matched"], told["commanded"], told["dry_run"]) == (2, 0, True)
    assert [item["job_id"] for item in told["items"]] == ["a", "b"]
    assert published == []


def test_chosen_jobs_are_looked_up_one_by_one(
    ask: Ask, publisher: FakePublisher, status: FakeStatus
) -> None:
    """Those in no state for it are skipped with the reason; the page goes on with the others."""
    # Given three jobs chosen, of which one is done and one is not known, and one of another stage
    status.failed("a", stage="p2")
    status.is_at("b", "COMPLETED", terminal=True)
    status.failed("d", stage="p1")
    chosen = {"filter": {"job_ids": ["a", "b", "c", "d"], "stage": "p2"}, "limit": 3}

    # When they are retried, three at a time
    first = ask("POST", "/jobs/retry", json=chosen).json()
    second = ask("POST", "/jobs/retry", json={**chosen, "cursor": first["next_cursor"]}).json()

    # Then one is commanded, and for the others it is told why not
    assert [key for key, _ in publisher.records] == ["a"]
    assert (first["matched"], first["commanded"]) == (4, 1)
    assert [skip["job_id"] for skip in first["skipped"] + second["skipped"]] == ["b", "c", "d"]
    assert "COMPLETED" in first["skipped"][0]["reason"]
    assert second["next_cursor"] is None


def test_a_page_not_wholly_acknowledged_is_sent_again_by_the_same_cursor(
    ask: Ask, publisher: FakePublisher, status: FakeStatus
) -> None:
    """503 says how many were; the same page names the same commands."""
    # Given a page of three of which one is not taken
    status.pages = [_page("a", "b", "c", total=3)]
    publisher.failures.append(NotTaken("full"))
    broken = ask("POST", "/jobs/retry", json={"filter": {}})

    # When it is sent again
    again = ask("POST", "/jobs/retry", json={"filter": {}})

    # Then the first answer said how many, and what was repeated has the same names
    detail = problem_in(broken, 503, "commands-incomplete")["detail"]
    assert detail.startswith("2 of 3 commands were acknowledged (full).")
    assert broken.headers["retry-after"] == "5"
    assert again.json()["commanded"] == 3
    assert len(set(publisher.records)) == 3


def test_what_status_says_no_to_is_told(ask: Ask, status: FakeStatus) -> None:
    """Its refusal of a filter, its absence, and a cursor of nobody's."""
    # Given a status service that refuses, then one that is away
    status.away = Refusal(Kind.COMMAND_INVALID, "since is no time")
    refused = ask("POST", "/jobs/retry", json={"filter": {"since": "x"}})
    status.away = Refusal(Kind.STATUS_AWAY, "no answer", headers={"Retry-After": "5"})

    # When jobs are chosen of it, by a cursor that is none
    away = ask("POST", "/jobs/retry", json={"filter": {"job_ids": ["a"]}})
    foreign = ask("POST", "/jobs/retry", json={"filter": {"job_ids": ["a"]}, "cursor": "ids:x"})

    # Then each is told as what it is
    assert kind_of(refused) == (422, "command-invalid")
    assert kind_of(away) == (503, "status-away")
    assert away.headers["retry-after"] == "5"
    assert kind_of(foreign) == (422, "command-invalid")
