"""Whose order a record belongs to, seen without reading it; which ids lie beside an order key."""

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from support.golden import examples
from support.kafka.messages import profile_done, submission

from headway.wire.codec import Codec
from headway.wire.identity import OrderKeys, job_id_beside, job_id_of, partition_of

_CODEC = Codec()
_SUBMITTED, _PROFILES = OrderKeys(_CODEC, "job-submitted"), OrderKeys(_CODEC, "profile-done")


@settings(max_examples=100, deadline=None)
@drawn(st.text(min_size=1, max_size=255), st.integers(1, 1_000_000))
def test_a_record_tells_its_order_key(order_key: str, attempt: int) -> None:
    """Whatever characters it has, in a submission and in what a stage hands on."""
    # Given records with that order key, when they are looked at, then it is that
    data = submission(order_key=order_key, attempt=attempt)
    assert _SUBMITTED.of(b"job-1", data) == order_key.encode()
    data = profile_done(order_key=order_key, attempt=attempt)
    assert _PROFILES.of(b"job-1", data) == order_key.encode()


@pytest.mark.parametrize("data", [b"", b"garbage", submission(), submission(order_key="")])
def test_a_record_without_an_order_key_is_in_no_order(data: bytes) -> None:
    """What cannot be read is none's either: it is a dead letter, and holds nobody up."""
    # Given such a record, when it is looked at, then there is no order
    assert _SUBMITTED.of(b"job-1", data) is None
    assert _SUBMITTED.of(b"", data) is None


def test_a_record_that_is_cut_anywhere_stops_nobody() -> None:
    """It is looked at by the loop, which nothing may end."""
    # Given a record with an order key, when it is cut, then there is an answer
    data = submission(order_key="customer 7")
    for size in range(len(data)):
        assert (_SUBMITTED.of(b"job-1", data[:size]) or b"customer 7") in b"customer 7"


def test_records_of_earlier_versions_are_in_no_order() -> None:
    """They have no order key; the newest that has one tells it."""
    # Given every example of what stages read, when they are looked at
    for example in examples():
        of = {"job-submitted": _SUBMITTED, "profile-done": _PROFILES}.get(example.record)
        if of is None:
            continue
        job = example.value.get("job", example.value)
        # Then the key is the one of the value, if it has any
        expected = job.get("order_key")
        found = of.of(job["job_id"].encode(), example.data)
        assert found == (expected.encode() if expected else None), str(example)


@settings(max_examples=50, deadline=None)
@drawn(st.text(max_size=40), st.integers(1, 40))
def test_an_id_lies_beside_its_order_key(order_key: str, partitions: int) -> None:
    """So commands, reads and states find a job of any order by its job_id alone."""
    # Given an order key, when ids are chosen for it
    names = iter(f"id-{number}" for number in range(100_000))
    made = job_id_beside(order_key, partitions, lambda: next(names))
    own = job_id_of("invoice-17", order_key, partitions)

    # Then they fall into its partition, and a producer that repeats itself gets the same
    wanted = partition_of(order_key, partitions)
    assert partition_of(made, partitions) == partition_of(own, partitions) == wanted
    assert own == job_id_of("invoice-17", order_key, partitions)
