"""`python -m gateway` on a real broker: what it writes, and who takes up what it leaves."""

import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from subprocess import Popen

import httpx
import pytest
from confluent_kafka import Message
from support.waiting import DEADLINE_SECONDS

from gateway.admitting.idempotency import Claims
from gateway.admitting.publisher import Position
from gateway.receiving.submission import Submission, TextContent
from headway.base.clock import SystemClock
from headway.edges.objectstore import ObjectStore
from headway.wire.codec import Codec

pytestmark = [pytest.mark.broker, pytest.mark.e2e]

Start = Callable[..., tuple[httpx.Client, Popen[bytes]]]
RecordAt = Callable[[Position], Message]

DATA = b"city,people\nUlm,126000\n"


def murmur2(key: bytes) -> int:
    """The hash of Java's default partitioner, written from its definition."""
    multiplier, mask = 0x5BD1E995, 0xFFFFFFFF
    value = 0x9747B28C ^ len(key)
    whole = len(key) // 4 * 4
    for start in range(0, whole, 4):
        block = int.from_bytes(key[start : start + 4], "little") * multiplier & mask
        block = (block ^ block >> 24) * multiplier & mask
        value = value * multiplier & mask ^ block
    if rest := key[whole:]:
        value = (value ^ int.from_bytes(rest, "little")) * multiplier & mask
    value = (value ^ value >> 13) * multiplier & mask
    return value ^ value >> 15


def _taken(answer: httpx.Response) -> Position:
    assert answer.status_code == 202, answer.text
    return Position(**answer.json()["position"])


@pytest.mark.parametrize(
    "request_",
    [
        {"files": {"file": ("cities.csv", DATA)}, "data": {"delimiter": ","}},
        {"json": {"title": "cities.csv", "content": DATA.decode(), "delimiter": ","}},
    ],
    ids=["form", "json"],
)
def test_the_record_in_kafka_is_what_was_sent(
    running_gateway: httpx.Client,
    record_at: RecordAt,
    codec: Codec,
    request_: dict[str, object],
) -> None:
    """Its key is the job_id, its partition the one every murmur2 producer would choose."""
    # Given a file in a form or in a document, when it is sent
    answer = running_gateway.post("/generate-file", **request_)  # type: ignore[arg-type]  # either way to send

    # Then the record is where the answer says, where every producer would put it, and whole
    position, job_id = _taken(answer), answer.json()["job_id"]
    message = record_at(position)
    assert message.key() == job_id.encode()
    assert position.partition == (murmur2(job_id.encode()) & 0x7FFFFFFF) % 6
    assert codec.decode(message.value(), "job-submitted") == {
        "job_id": job_id,
        "attempt": 1,
        "order_key": None,
        "tags": [],
        "not_before": None,
        "title": "cities.csv",
        "delimiter": ",",
        "source": {"content": DATA},
    }


def test_a_repetition_may_reach_another_replica(start: Start) -> None:
    """Two gateways that share nothing but the object store give one key one answer."""
    # Given two gateways over one store
    first, _ = start()
    second, _ = start()
    key = {"Idempotency-Key": uuid.uuid4().hex}
    document = {"title": "a.csv", "content": "a,b"}

    # When one takes a submission, and its key comes to the other with the same and another
    taken = first.post("/generate-file", json=document, headers=key)
    replayed = second.post("/generate-file", json=document, headers=key)
    reused = second.post("/generate-file", json=document | {"title": "b.csv"}, headers=key)

    # Then the other answers as if it had taken the first itself
    assert replayed.json() == taken.json()
    assert replayed.headers["idempotency-replayed"] == "true"
    assert reused.status_code == 422


def test_a_submission_interrupted_by_a_crash_is_taken_over_under_its_job_id(
    start: Start, record_at: RecordAt, tmp_path: Path
) -> None:
    """409 while the dead gateway's claim is young, then the job it had begun."""
    # Given the claim of a gateway that died before its record was written
    client, _ = start(CLAIM_SECONDS="3600")
    key, job_id = uuid.uuid4().hex, str(uuid.uuid4())
    store = ObjectStore.open(f"file://{tmp_path}/store")
    claims = Claims(store, clock=SystemClock(), claim_seconds=3600)
    submission = Submission("a.csv", None, TextContent(DATA))
    claim = claims.take(key, fingerprint=submission.fingerprint(), job_id=job_id)

    def submit() -> httpx.Response:
        files = {"file": ("a.csv", DATA)}
        return client.post("/generate-file", files=files, headers={"Idempotency-Key": key})

    # When the submission is repeated while the claim is young, and when it is old
    early = submit()
    claims._write(replace(claim, claimed_at=claim.claimed_at - 3_600_000))
    late = submit()

    # Then the first is told to come later, and the second is the dead one's job
    assert early.status_code == 409
    assert 0 < int(early.headers["retry-after"]) <= 3600
    assert late.json()["job_id"] == job_id
    assert record_at(_taken(late)).key() == job_id.encode()


def test_every_log_line_is_json(start: Start, capfd: pytest.CaptureFixture[str]) -> None:
    """The server's own lines included."""
    # Given a gateway that has started, refused a submission and ended
    client, process = start()
    client.post("/generate-file", content=b"{", headers={"Content-Type": "application/json"})
    process.terminate()
    process.wait(DEADLINE_SECONDS)

    # When its log is read, then each line is an event
    events = [json.loads(line)["event"] for line in capfd.readouterr().err.splitlines()]
    assert {"gateway.starting", "submission.refused", "gateway.stopped"} <= set(events)
