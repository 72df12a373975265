"""What is refused, and how it is told: every answer is a problem that names what and where."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.admitting.publisher import NotTaken, OutcomeUnknown
from gateway.app import Gateway
from gateway.receiving import body
from headway.edges.objectstore import ObjectStore
from headway.observing.health import Health

Submit = Callable[..., httpx.Response]

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "multipart/form-data; boundary=B"}
FILE = {"file": ("a.csv", b"a,b\n1,2\n")}
HALF_A_FORM = b'--B\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\na,b\r\n'


def _problem(answer: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    problem: dict[str, Any] = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.status_code == problem["status"] == status, problem
    assert problem["type"] == f"urn:headway:problem:{kind}"
    assert problem["title"]
    return problem


@pytest.mark.parametrize(
    ("request_", "field", "told"),
    [
        ({"json": {"content": "a"}}, "title", "is missing"),
        ({"json": {"title": "a"}}, "content", "is missing"),
        ({"json": {"title": "a", "content": ""}}, "content", "0 bytes"),
        ({"json": {"title": 7, "content": "a"}}, "title", "is a number; send a text"),
        ({"json": {"title": None, "content": "a"}}, "title", "is null"),
        ({"json": {"title": "a", "content": ["a"]}}, "content", "is a list"),
        ({"json": {"title": "\n/", "content": "a"}}, "title", "no file name"),
        ({"json": {"title": "x" * 256, "content": "a"}}, "title", "256 characters"),
        ({"json": {"title": "a", "content": "a", "delimiter": ""}}, "delimiter", "0 characters"),
        ({"json": {"title": "a", "content": "a", "delimiter": "||"}}, "delimiter", "'||'"),
        ({"json": {"title": "a", "content": "a", "delimiter": "\n"}}, "delimiter", "'\\n'"),
        ({"json": {"title": "a", "content": "a", "delimiter": '"'}}, "delimiter", "separate"),
        ({"json": {"title": "a", "content": "a", "delimiter": "x"}}, "delimiter", "separate"),
        ({"json": {"title": "a", "content": "a", "delimiter": 1}}, "delimiter", "is a number"),
        ({"json": {"title": "a", "content": "a", "colour": 1}}, "colour", "allowed are title"),
        ({"json": ["a"]}, "body", "is a list; send an object"),
        ({"content": b'{"title":"a","content":"x\\ud800"}'}, "content", "position 1"),
        ({"content": b'{"title":"a","content":"a","\\ud800":1}'}, "\ud800", "not a known"),
        ({"files": {"file": ("a.csv", b"")}}, "file", "0 bytes"),
        ({"files": {"file": ("a" * 252 + ".csv", b"a")}}, "file", "256 characters"),
        ({"files": FILE | {"other": ("b", b"b")}}, "other", "allowed are file and delimiter"),
        ({"files": [("file", ("a", b"a")), ("file", ("b", b"b"))]}, "file", "given 2 times"),
        ({"files": {"delimiter": ("a", b"a")} | FILE}, "delimiter", "is a file"),
        ({"files": {"x": ("a", b"a")}}, "file", "is missing; send the data as a file part"),
        ({"files": {"x": ("a", b"a")}, "data": {"file": "a"}}, "file", "is a plain field"),
        ({"files": FILE, "data": {"delimiter": ";;"}}, "delimiter", "2 characters"),
    ],
)
def test_a_broken_rule_is_told_by_field(
    submit: Submit,
    published: list[tuple[str, bytes]],
    request_: dict[str, Any],
    field: str,
    told: str,
) -> None:
    """422 names the field, what is wrong with it and what to do; nothing is published."""
    # Given a submission that breaks a rule
    if "content" in request_:
        request_ = request_ | {"headers": JSON}

    # When it is sent
    problem = _problem(submit(**request_), 422, "submission-invalid")

    # Then its field is named with what is wrong, and nothing is published
    details = [fault["detail"] for fault in problem["errors"] if fault["field"] == field]
    assert any(told in detail for detail in details), problem
    assert published == []


def test_a_form_whose_file_field_was_left_empty_is_told_so(submit: Submit) -> None:
    """A browser sends an unnamed empty part where no file was chosen."""
    # Given the part a browser sends where no file was chosen
    part = b'--B\r\nContent-Disposition: form-data; name="file"; filename=""\r\n\r\n\r\n--B--\r\n'

    # When it is sent
    problem = _problem(submit(content=part, headers=FORM), 422, "submission-invalid")

    # Then that is what the user is told
    assert problem["errors"] == [
        {"field": "file", "detail": "has no file name: no file was chosen"}
    ]


def test_every_fault_of_a_document_is_told_at_once(submit: Submit) -> None:
    """Nobody has to send five requests to learn of five mistakes."""
    # Given a document with five faults
    document = {"title": 1, "contents": "a", "delimiter": "::", "colour": "red"}

    # When it is sent
    problem = _problem(submit(json=document), 422, "submission-invalid")

    # Then all five are told, one by one and in one sentence
    fields = {fault["field"] for fault in problem["errors"]}
    assert fields == {"title", "content", "contents", "delimiter", "colour"}
    assert all(fault["detail"] in problem["detail"] for fault in problem["errors"])


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'{"title": "a",\n "content" "b"}', "line 2 column 12"),
        (b"", "line 1 column 1"),
        (b'{"title": "\xff"}', "not UTF-8: invalid start byte at byte 11"),
        (b"[" * 9000, "nested too deeply"),
        (b"9" * 5000, "too many digits"),
    ],
    ids=["syntax", "empty", "not-utf8", "deep", "digits"],
)
def test_bad_json_is_told_by_place(submit: Submit, content: bytes, told: str) -> None:
    """400 says where the document breaks."""
    # Given a document that cannot be read, when it is sent
    problem = _problem(submit(content=content, headers=JSON), 400, "body-malformed")

    # Then the place where it breaks is told
    assert told in problem["detail"]


@pytest.mark.parametrize(
    ("content", "media_type", "told"),
    [
        (HALF_A_FORM, FORM["Content-Type"], "before its closing boundary"),
        (b"no form at all", FORM["Content-Type"], "Invalid multipart data"),
        (HALF_A_FORM, "multipart/form-data", "Missing boundary"),
    ],
)
def test_a_broken_form_is_told_as_such(
    submit: Submit, content: bytes, media_type: str, told: str
) -> None:
    """400 for what is no complete form; a truncated file is never taken for a whole one."""
    # Given a form that cannot be read or breaks off, when it is sent
    answer = submit(content=content, headers={"Content-Type": media_type})

    # Then that is told
    assert told in _problem(answer, 400, "body-malformed")["detail"]


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"Content-Type": "text/csv"}, "Content-Type is 'text/csv'"),
        ({}, "Content-Type is missing"),
        (JSON | {"Content-Encoding": "gzip"}, "Content-Encoding is 'gzip'"),
    ],
)
def test_a_media_type_that_is_not_supported_is_told_with_those_that_are(
    submit: Submit, headers: dict[str, str], told: str
) -> None:
    """415 says what came and what may come."""
    # Given a body of a kind that is not read here, when it is sent
    problem = _problem(submit(content=b"a,b", headers=headers), 415, "media-type-unsupported")

    # Then the kind is named
    assert told in problem["detail"]


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        ({"files": {"file": ("a.csv", b"x" * 2_000_001)}}, "2.0 MB (2,000,001 bytes)"),
        ({"files": {"file": ("a.csv", b"x" * 3_000_000)}}, "3.0 MB (3,000,"),
        ({"json": {"title": "a", "content": "x" * 10_001}}, "Send larger files as multipart"),
    ],
    ids=["by-its-file", "by-content-length", "json"],
)
def test_an_upload_above_the_limit_is_refused_naming_both_sizes(
    submit: Submit, request_: dict[str, Any], told: str
) -> None:
    """413 tells how large it is and how large it may be."""
    # Given more than may be sent, when it is sent
    problem = _problem(submit(**request_), 413, "upload-too-large")

    # Then both its size and the limit are told
    assert told in problem["detail"]
    assert "the limit is " in problem["detail"]


def test_an_upload_of_unknown_length_is_refused_as_soon_as_it_passes_the_limit(
    submit: Submit,
) -> None:
    """Without Content-Length the bytes are counted, and what follows is not parsed."""
    # Given a body far above the limit whose client does not say how long it is
    handed_out: list[int] = []

    async def endless() -> AsyncIterator[bytes]:
        yield HALF_A_FORM
        for number in range(1000):
            handed_out.append(number)
            yield b"x" * 100_000

    # When it is sent
    problem = _problem(submit(content=endless(), headers=FORM), 413, "upload-too-large")

    # Then it is refused without being read to its end
    assert "more than" in problem["detail"]
    # 2 MB until it is refused and twice that read on for the client's sake.
    assert len(handed_out) < 70


def test_a_body_that_stops_arriving_is_given_up(
    submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """408 frees the connection of a client that went silent."""
    # Given a client that goes silent within its body
    monkeypatch.setattr(body, "IDLE_SECONDS", 0.05)
    monkeypatch.setattr("gateway.receiving.linger.LINGER_SECONDS", 0.05)

    async def stalling() -> AsyncIterator[bytes]:
        yield HALF_A_FORM
        await asyncio.sleep(60)

    # When it has been waited for, then it is given up
    _problem(submit(content=stalling(), headers=FORM), 408, "body-stalled")


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


def test_nothing_is_taken_while_kafka_is_away(submit: Submit, health: Health) -> None:
    """503 comes at once, says why, and says that the job was not taken."""
    # Given a gateway that knows Kafka to be away
    health.set_ready(ready=False, reason="Kafka does not answer")

    # When a file is submitted
    answer = submit(json={"title": "a", "content": "b"})

    # Then it is refused with that reason and a time to come back after
    problem = _problem(answer, 503, "not-taken")
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
    assert told in _problem(answer, 503, kind)["detail"]
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
    assert "the object store failed" in _problem(answer, 503, "not-taken")["detail"]
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


@pytest.fixture
def broken_store(tmp_path: Path) -> ObjectStore:
    """A folder that has become a file: every write fails."""
    folder = tmp_path / "store"
    store = ObjectStore.open(f"file://{folder}")
    shutil.rmtree(folder)
    folder.write_text("")
    return store
