"""What anybody may write into a topic makes no fact of a job, and stops nothing."""

from hashlib import sha256

import pytest
from support.auditing.topics import CATALOG, CODEC, PARTITION, PIPELINE, PREFIX
from support.kafka.messages import message, submission

from headway.auditing.checker import judge
from headway.auditing.history import Extent, History, Terms
from headway.auditing.reading.decoding import Decoder
from headway.base.errors import UnknownSchema
from headway.edges.kafka import Headers

_NEWER = b"\xc3\x01" + b"\x07" * 8
_DECODER = Decoder(CODEC, PIPELINE, CATALOG)


def _history() -> History:
    history = History(PIPELINE, PARTITION, Terms(complete=True))
    history.extents = {topic: Extent(0, 100) for topic in _DECODER.topics}
    return history


def _take(history: History, topic: str, value: bytes | None, **more: object) -> None:
    key = more.get("key", b"job-1")
    headers = more.get("headers", [])
    assert isinstance(headers, list)
    assert key is None or isinstance(key, bytes)
    told: Headers = headers
    received = message(value, key=key, topic=PREFIX + topic, partition=PARTITION, headers=told)
    _DECODER.take(received, topic, history)


@pytest.mark.parametrize("value", [None, b"", b"x" * 50, _NEWER, b"\xff" * 10_000])
@pytest.mark.parametrize("topic", ["jobs.submitted", "jobs.p1-done", "jobs.p2-done", "p1.dlq"])
@pytest.mark.parametrize("said", [b"x", b"-1", b"9" * 5000])
def test_garbage_is_no_fact_of_a_job(topic: str, value: bytes | None, said: bytes) -> None:
    """Where others may write, whatever they write is counted, and nothing is found."""
    # Given garbage under a job's key, under none, and in a letter that no stage wrote
    history = _history()
    letter: Headers = [("headway.partition", said), ("headway.claim.sha256", b"zz")]
    letter += [(f"headway.{name}", said) for name in ("offset", "attempt", "timestamp")]
    for key in (b"job-1", b"\xff", None):
        _take(history, topic, value, key=key, headers=letter)

    # When it is judged, then no job is held to anything
    verdict = judge(history)
    assert verdict.findings == []
    assert verdict.records[topic] == 3
    assert verdict.nameless >= 2


def test_a_command_of_nobody_knows_what_form_is_nobodys() -> None:
    """Any producer may write one."""
    # Given commands of an unknown form, of another key, and without a value
    history = _history()
    told = {"command_id": "c", "kind": "retry", "job_id": "job-2", "attempt": 1}
    wrong = CODEC.encode("job-command", {**told, "stage": "p1", "by": ""})
    for value in (_NEWER, wrong, None):
        _take(history, PIPELINE.commands, value)

    # When they are taken, then they are of no job
    assert (history.nameless, dict(history.jobs)) == (3, {})


def test_a_state_of_a_newer_release_ends_the_audit() -> None:
    """What is not understood must not be judged."""
    # Given a state whose schema is not known here
    # When it is taken, then that is said
    with pytest.raises(UnknownSchema):
        _take(_history(), PIPELINE.state, _NEWER)


def test_a_letter_of_a_claim_is_held_against_its_record() -> None:
    """The checksum that a claim names must be that of the value it is of."""
    # Given a record, and letters of it whose values lie in the object store
    value, history = submission("job-1"), _history()
    _take(history, "jobs.submitted", value)
    for told in (value, b"other"):
        headers: Headers = [
            ("headway.topic", f"{PREFIX}jobs.submitted".encode()),
            ("headway.partition", str(PARTITION).encode()),
            ("headway.offset", b"7"),
            ("headway.attempt", b"1"),
            ("headway.claim", b"claims/1"),
            ("headway.claim.sha256", sha256(told).hexdigest().encode()),
        ]
        _take(history, "p1.dlq", b"", headers=headers)

    # When they are judged, then the one of other bytes is found
    found = [each for each in judge(history).findings if each.kind.label == "letter-bytes"]
    assert len(found) == 1
