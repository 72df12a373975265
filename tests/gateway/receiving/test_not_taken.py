"""What was asked well and cannot be done: whether the job was taken is always told."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from support.gateway.problems import problem_in

from gateway.admitting.publisher import NotTaken, OutcomeUnknown
from gateway.app import Gateway
from headway.edges.objectstore import ObjectStore
from headway.observing.health import Health

Submit = Callable[..., httpx.Response]


@pytest.fixture
def broken_store(tmp_path: Path) -> ObjectStore:
    """A folder that has become a file: every write fails."""
    folder = tmp_path / "store"
    store = ObjectStore.open(f"file://{folder}")
    shutil.rmtree(folder)
    folder.write_text("", encoding="utf-8")
    return store


def test_nothing_is_taken_while_kafka_is_away(submit: Submit, health: Health) -> None:
    """503 comes at once, says why, and says that the job was not taken."""
    # Given a gateway that knows Kafka to be away
    health.set_ready(ready=False, reason="Kafka does not answer")

    # When a file is submitted
    answer = submit(json={"title": "a", "content": "b"})

    # Then it is refused with that reason and a time to come back after
    problem = problem_in(answer, 503, "not-taken")
    assert problem["detail"].startswith("Kafka does not answer. The job was not taken")
    assert answer.headers["retry-after"] == "5"


@pytest.mark.parametrize(
    ("failure", "kind", "told"),
    [
        (NotTaken("queue full"), "not-taken", "was not taken"),
        (OutcomeUnknown("timed out"), "outcome-unknown", "same Idempotency-Key is safe"),
    ],
)
def test_a_failed_publication_says_whether_the_job_may_have_been_taken(
    submit: Submit, failures: list[Exception], failure: Exception, kind: str, told: str
) -> None:
    """503 in both cases; only one of them is safe to repeat without a key."""
    # Given a record that was not taken, or perhaps was
    failures.append(failure)

    # When its client is answered
    answer = submit(json={"title": "a", "content": "b"})

    # Then it learns which, and may come back
    assert told in problem_in(answer, 503, kind)["detail"]
    assert answer.headers["retry-after"] == "5"


def test_nothing_is_taken_while_the_object_store_is_away(
    submit: Submit, gateway: Gateway, broken_store: ObjectStore, published: list[tuple[str, bytes]]
) -> None:
    """A file that cannot be stored is not announced."""
    # Given a store that fails
    without_store = replace(gateway, admission=replace(gateway.admission, store=broken_store))

    # When a file that would go there is submitted
    answer = submit(gateway=without_store, files={"file": ("a.csv", b"a,b\n" * 1000)})

    # Then it is refused, and no record speaks of it
    assert "the object store's folder" in problem_in(answer, 503, "not-taken")["detail"]
    assert published == []


def test_an_error_of_ours_is_a_problem_too(submit: Submit, failures: list[Exception]) -> None:
    """500 says that it is our fault and leaks nothing of it."""
    # Given an error nobody foresaw
    failures.append(ValueError("secret"))

    # When it happens to a request
    answer = submit(json={"title": "a", "content": "b"})

    # Then its client is told that it is ours, and nothing of it
    assert answer.status_code == answer.json()["status"] == 500
    assert "secret" not in answer.text


def test_other_paths_and_methods_are_problems_too(ask: Callable[..., httpx.Response]) -> None:
    """404 and 405 have the form of every other error."""
    # Given requests for what is not there, when they are sent
    unknown, method = ask("GET", "/nowhere"), ask("GET", "/generate-file")

    # Then they are refused as everything else is
    assert (unknown.status_code, method.status_code) == (404, 405)
    assert method.headers["allow"] == "POST"
    for answer in (unknown, method):
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code
