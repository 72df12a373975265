"""`python -m gateway` on a real broker: what it writes, how it starts and how it ends."""

import json
import os
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from subprocess import Popen

import httpx
import pytest
from confluent_kafka import Message
from support.waiting import DEADLINE_SECONDS, wait_until

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
    assert codec.decode(message.value(), "job-submitted").value == {
        "job_id": job_id,
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


@contextmanager
def _begun(client: httpx.Client, first: bytes, *, length: int) -> Iterator[socket.socket]:
    """A connection with a request the gateway has begun to read; *length* is that of its body."""
    head = (
        "POST /generate-file HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Expect: 100-continue\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection((client.base_url.host, client.base_url.port or 0)) as connection:
        connection.settimeout(DEADLINE_SECONDS)
        connection.sendall(head.encode())
        # Told to go on by who has begun to read it: one that nobody has accepted yet is cut.
        assert b"100 Continue" in connection.recv(65536)
        connection.sendall(first)
        yield connection


def _answered(connection: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


def test_an_open_request_is_finished_on_sigterm(start: Start, record_at: RecordAt) -> None:
    """An upload that has begun is taken, and the process ends with 0."""
    # Given a request of which the first half has come
    client, process = start()
    first, rest = b'{"title": "a.csv", ', b'"content": "a,b"}'
    with _begun(client, first, length=len(first + rest)) as connection:
        # When the process is told to end, listens no more, and the rest comes
        process.send_signal(signal.SIGTERM)
        _await_refused_connection(client.base_url)
        connection.sendall(rest)
        head, _, body = _answered(connection).partition(b"\r\n\r\n")

    # Then it is taken
    assert head.startswith(b"HTTP/1.1 202 "), head
    answer = json.loads(body)
    assert record_at(Position(**answer["position"])).key() == answer["job_id"].encode()
    assert process.wait(DEADLINE_SECONDS) == 0


def test_a_body_that_does_not_come_is_answered_when_the_time_to_end_is_over(start: Start) -> None:
    """503 says that nothing was taken; the connection is not just cut, and the exit code is 0."""
    # Given a request whose body stops in the middle
    client, process = start(DRAIN_SECONDS="1")
    with _begun(client, b"{", length=9) as connection:
        # When the process is told to end, and the time for open requests passes
        process.send_signal(signal.SIGTERM)
        answer = _answered(connection)

    # Then the request is answered
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"urn:headway:problem:not-taken" in answer
    assert process.wait(DEADLINE_SECONDS) == 0


def test_without_kafka_it_serves_and_says_that_nothing_is_taken(start: Start) -> None:
    """Nothing is sent and waited for: "not taken", not "unknown"; it is alive but not ready."""
    # Given a gateway that has never met its cluster
    client, _ = start(until="/livez", KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1")

    # When a file is submitted
    answer = client.post("/generate-file", json={"title": "a", "content": "b"})

    # Then it was not taken, for certain
    assert answer.status_code == client.get("/readyz").status_code == 503
    assert answer.json()["type"] == "urn:headway:problem:not-taken"


def _run(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KAFKA_")}
    return subprocess.run(
        [sys.executable, "-m", "gateway"],
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )


def test_it_refuses_to_start_on_topics_that_are_not_as_declared(
    cluster_options: dict[str, str], tmp_path: Path
) -> None:
    """Exit code 2, and the log names the topic and what to do."""
    # Given a cluster without the pipeline's topics, when the gateway starts
    ended = _run(
        {
            "KAFKA_BOOTSTRAP_SERVERS": cluster_options["bootstrap.servers"],
            "TOPIC_PREFIX": "never-provisioned.",
            "OBJECT_STORE_URL": f"file://{tmp_path}",
            "HTTP_PORT": "0",
        }
    )

    # Then it ends and says what to run
    assert ended.returncode == 2
    last = json.loads(ended.stderr.splitlines()[-1])
    assert last["event"] == "gateway.refused_to_start"
    assert "never-provisioned.jobs.submitted is missing: run" in last["reason"]


def test_it_refuses_to_start_telling_every_wrong_setting() -> None:
    """Exit code 2, one line a fault."""
    # Given two settings missing and two wrong, when the gateway starts
    ended = _run({"HTTP_PORT": "high", "MAX_UPLOAD_BYTES": "0"})

    # Then it ends and names all four
    assert ended.returncode == 2
    reason = json.loads(ended.stderr)["reason"]
    for name in ("KAFKA_BOOTSTRAP_SERVERS", "OBJECT_STORE_URL", "HTTP_PORT", "MAX_UPLOAD_BYTES"):
        assert name in reason


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


def _await_refused_connection(url: httpx.URL) -> None:
    """Waits until nobody listens at *url*."""

    def is_refused() -> bool:
        try:
            httpx.get(url)
        except httpx.ConnectError:
            return True
        return False

    wait_until(is_refused)
