"""Submissions that have an order, over memory."""

from collections.abc import Callable

import httpx
import pytest
from support.gateway.problems import problem_in

from headway.wire.codec import Codec
from headway.wire.identity import partition_of

Submit = Callable[..., httpx.Response]
Published = list[tuple[str, bytes]]

_FILE = {"file": ("a.csv", b"a,b\n1,2\n")}


@pytest.mark.parametrize(
    "request_",
    [
        {"json": {"title": "a.csv", "content": "a", "order_key": "Kundin Ö 7"}},
        {"files": _FILE, "data": {"order_key": "Kundin Ö 7"}},
    ],
    ids=["document", "form"],
)
def test_jobs_of_one_order_key_lie_in_its_partition(
    submit: Submit, published: Published, codec: Codec, request_: dict[str, object]
) -> None:
    """The usual partitioner puts them there by their ids, and whatever is said of them later."""
    # Given some submissions of one customer, when they are taken
    for _ in range(8):
        assert submit(**request_).status_code == 202

    # Then their records name the order, and their ids are different and fall into its partition
    wanted = partition_of("Kundin Ö 7", 6)
    assert {partition_of(key, 6) for key, _ in published} == {wanted}
    assert len({key for key, _ in published}) == 8
    assert {codec.decode(v, "job-submitted")["order_key"] for _, v in published} == {"Kundin Ö 7"}


@pytest.mark.parametrize("order_key", ["", "x" * 256, "a\x00b"])
def test_an_order_key_that_is_none_is_refused(submit: Submit, order_key: str) -> None:
    """422 names the field."""
    # Given such a key, when a document with it is sent, then it is refused
    answer = submit(json={"title": "a.csv", "content": "a", "order_key": order_key})
    problem = problem_in(answer, 422, "submission-invalid")
    assert [fault["field"] for fault in problem["errors"]] == ["order_key"]


def test_no_order_key_is_no_order(submit: Submit, published: Published, codec: Codec) -> None:
    """Left out, null, or a field of a form that was not filled in."""
    # Given submissions without, when they are taken, then their records are in no order
    submit(json={"title": "a.csv", "content": "a", "order_key": None})
    submit(files=_FILE, data={"order_key": ""})
    assert [codec.decode(v, "job-submitted")["order_key"] for _, v in published] == [None, None]


def test_the_same_key_with_another_order_is_another_submission(submit: Submit) -> None:
    """An Idempotency-Key stands for all that was sent."""
    # Given a submission under a key, when it comes with another order key, then it is refused
    headers = {"Idempotency-Key": "mine"}
    first = {"title": "a.csv", "content": "a", "order_key": "A"}
    assert submit(json=first, headers=headers).status_code == 202
    again = submit(json=first, headers=headers)
    assert again.headers["Idempotency-Replayed"] == "true"
    other = submit(json=first | {"order_key": "B"}, headers=headers)
    problem_in(other, 422, "idempotency-key-reused")
