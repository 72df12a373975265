"""Submissions that begin later, and what jobs are found by, over memory."""

from collections.abc import Callable

import httpx
import pytest
from support.gateway.problems import problem_in

from headway.wire.codec import Codec

Submit = Callable[..., httpx.Response]
Published = list[tuple[str, bytes]]

_FILE = {"file": ("a.csv", b"a,b\n1,2\n")}
_MS = 1_796_158_800_000


@pytest.mark.parametrize(
    "told", ["2026-12-01T22:00:00+01:00", "2026-12-01t21:00:00.000z", "1796158800000", _MS]
)
def test_a_submission_says_when_it_may_begin(
    submit: Submit, published: Published, codec: Codec, told: str | int
) -> None:
    """As RFC 3339 or in milliseconds, in a document or in a form; its record has milliseconds."""
    # Given a time, when a document and a form are sent with it
    document = submit(json={"title": "a.csv", "content": "a", "not_before": told})
    form = submit(files=_FILE, data={"not_before": str(told)})

    # Then both are taken with it
    assert (document.status_code, form.status_code) == (202, 202)
    times = [codec.decode(value, "job-submitted")["not_before"] for _, value in published]
    assert times == [_MS, _MS]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("tomorrow", "is no time"),
        ("2026-12-01", "is no time"),
        ("2026-12-01T22:00:00", "is no time"),
        ("2026-02-30T22:00:00Z", "is in no calendar"),
        (1_796_158_800, "are these seconds?"),
        (-1, "is not between"),
        (True, "is no time"),
        ({}, "is no time"),
        ("9" * 18, "is not between"),
    ],
)
def test_a_time_that_is_none_is_refused(submit: Submit, told: object, words: str) -> None:
    """422 names the field and gives an example; a time without its offset could mean any."""
    # Given such a time, when a document with it is sent, then it is refused
    answer = submit(json={"title": "a.csv", "content": "a", "not_before": told})
    (fault,) = problem_in(answer, 422, "submission-invalid")["errors"]
    assert fault["field"] == "not_before"
    assert words in fault["detail"]
    assert "2026-12-01T22:00:00+01:00" in fault["detail"]


def test_a_submission_has_tags(submit: Submit, published: Published, codec: Codec) -> None:
    """A list in a document, parted by commas in a form; each counts once."""
    # Given two tags, one of them twice, when they are sent in both ways
    tags = ["off-peak", "customer:7", "off-peak"]
    submit(json={"title": "a.csv", "content": "a", "tags": tags})
    submit(files=_FILE, data={"tags": "off-peak, customer:7,,off-peak"})

    # Then both records have them
    told = [codec.decode(value, "job-submitted")["tags"] for _, value in published]
    assert told == [["off-peak", "customer:7"]] * 2


@pytest.mark.parametrize(
    "tags", [["a b"], [""], ["x" * 65], [7], [["a"]], [f"t{n}" for n in range(17)], "a", {}]
)
def test_tags_that_are_none_are_refused(submit: Submit, tags: object) -> None:
    """A stage would drop them, and nobody would be told."""
    # Given such tags, when a document with them is sent, then it is refused
    answer = submit(json={"title": "a.csv", "content": "a", "tags": tags})
    problem = problem_in(answer, 422, "submission-invalid")
    assert [fault["field"] for fault in problem["errors"]] == ["tags"]


def test_who_says_nothing_begins_at_once_without_tags(
    submit: Submit, published: Published, codec: Codec
) -> None:
    """Left out, null, or fields of a form that were not filled in."""
    # Given submissions without, when they are taken
    submit(json={"title": "a.csv", "content": "a", "not_before": None, "tags": None})
    submit(files=_FILE, data={"not_before": "", "tags": ""})

    # Then their records say neither
    told = [codec.decode(value, "job-submitted") for _, value in published]
    assert [(value["not_before"], value["tags"]) for value in told] == [(None, [])] * 2


@pytest.mark.parametrize("more", [{"not_before": _MS}, {"tags": ["x"]}])
def test_the_same_key_for_another_time_or_tag_is_refused(
    submit: Submit, more: dict[str, object]
) -> None:
    """An Idempotency-Key stands for all that was sent."""
    # Given a submission under a key, when it comes with something more, then it is refused
    first = {"title": "a.csv", "content": "a"}
    headers = {"Idempotency-Key": "mine"}
    assert submit(json=first | more, headers=headers).status_code == 202
    assert submit(json=first | more, headers=headers).headers["Idempotency-Replayed"] == "true"
    problem_in(submit(json=first, headers=headers), 422, "idempotency-key-reused")
