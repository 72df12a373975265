"""Commands that are none: every fault of one is told at once, and nothing is written."""

from collections.abc import Callable

import httpx
import pytest
from support.gateway.problems import kind_of, problem_in

Ask = Callable[..., httpx.Response]


@pytest.mark.parametrize(
    ("path", "body", "fields"),
    [
        ("/jobs/j1/retry", {"attempt": 0}, ["attempt"]),
        ("/jobs/j1/retry", {"attempt": True, "stage": "p9", "x": 1}, ["x", "attempt", "stage"]),
        ("/jobs/j1/cancel", {"attempt": "1", "stage": "p1"}, ["stage", "attempt"]),
        ("/jobs/j%20/cancel", {}, ["job_id"]),
        ("/jobs/j1/cancel", [], ["body"]),
        ("/jobs/retry", {}, ["filter"]),
        ("/jobs/retry", {"filter": {}, "limit": 501, "dry_run": 1}, ["dry_run", "limit"]),
        (
            "/jobs/retry",
            {"filter": {"job_ids": ["a", 1], "y": 1}},
            ["filter.y", "filter.job_ids[1]"],
        ),
        ("/jobs/retry", {"filter": {"job_ids": []}}, ["filter.job_ids"]),
        ("/jobs/retry", {"filter": {"job_ids": ["a"], "since": "1"}}, ["filter.since"]),
        ("/jobs/retry", {"filter": {"stage": 1, "until": ""}}, ["filter.stage", "filter.until"]),
    ],
)
def test_every_fault_of_a_command_is_named_at_once(
    ask: Ask, published: list[tuple[str, bytes]], path: str, body: object, fields: list[str]
) -> None:
    """422 with a fault a field, as submissions have them."""
    # Given a command that breaks rules, when it is sent
    answer = ask("POST", path, json=body)

    # Then each fault is named by its field, and nothing is written
    problem = problem_in(answer, 422, "command-invalid")
    assert [fault["field"] for fault in problem["errors"]] == fields
    assert published == []


def test_a_command_in_another_form_is_refused(ask: Ask) -> None:
    """What is no JSON is told so, by its head or by its place."""
    # Given bodies that are none, when they are sent
    form = ask("POST", "/jobs/j1/retry", data={"attempt": "1"})
    broken = ask(
        "POST", "/jobs/j1/retry", content=b"{", headers={"Content-Type": "application/json"}
    )
    large = ask("POST", "/jobs/retry", json={"filter": {"error_class": "x" * 300_000}})

    # Then the problem says which way
    assert kind_of(form) == (415, "media-type-unsupported")
    assert kind_of(broken) == (400, "body-malformed")
    assert kind_of(large) == (413, "upload-too-large")
