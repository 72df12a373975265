"""What a refusal of the gateway says."""

from typing import Any

import httpx


def problem_in(answer: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    """The problem in an answer that has to be of that kind, in the form all problems have."""
    problem: dict[str, Any] = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.status_code == problem["status"] == status, problem
    assert problem["type"] == f"urn:headway:problem:{kind}"
    assert problem["title"]
    return problem


def kind_of(answer: httpx.Response) -> tuple[int, str]:
    """Status and kind of a refusal."""
    return answer.status_code, answer.json()["type"].rpartition(":")[2]
