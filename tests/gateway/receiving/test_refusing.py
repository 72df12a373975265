"""What is refused, and how it is told: every answer is a problem that names what and where."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from support.gateway.problems import problem_in

Submit = Callable[..., httpx.Response]

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "multipart/form-data; boundary=B"}
FILE = {"file": ("a.csv", b"a,b\n1,2\n")}
HALF_A_FORM = b'--B\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\na,b\r\n'


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
        ({"files": FILE | {"other": ("b", b"b")}}, "other", "allowed are file, delimiter, "),
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
    problem = problem_in(submit(**request_), 422, "submission-invalid")

    # Then its field is named with what is wrong, and nothing is published
    details = [fault["detail"] for fault in problem["errors"] if fault["field"] == field]
    assert any(told in detail for detail in details), problem
    assert published == []


def test_a_form_whose_file_field_was_left_empty_is_told_so(submit: Submit) -> None:
    """A browser sends an unnamed empty part where no file was chosen."""
    # Given the part a browser sends where no file was chosen
    part = b'--B\r\nContent-Disposition: form-data; name="file"; filename=""\r\n\r\n\r\n--B--\r\n'

    # When it is sent
    problem = problem_in(submit(content=part, headers=FORM), 422, "submission-invalid")

    # Then that is what the user is told
    assert problem["errors"] == [
        {"field": "file", "detail": "has no file name: no file was chosen"}
    ]


def test_every_fault_of_a_document_is_told_at_once(submit: Submit) -> None:
    """Nobody has to send five requests to learn of five mistakes."""
    # Given a document with five faults
    document = {"title": 1, "contents": "a", "delimiter": "::", "colour": "red"}

    # When it is sent
    problem = problem_in(submit(json=document), 422, "submission-invalid")

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
    problem = problem_in(submit(content=content, headers=JSON), 400, "body-malformed")

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
    assert told in problem_in(answer, 400, "body-malformed")["detail"]


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
    problem = problem_in(submit(content=b"a,b", headers=headers), 415, "media-type-unsupported")

    # Then the kind is named
    assert told in problem["detail"]
