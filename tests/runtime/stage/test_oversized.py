"""Records that a broker takes and no client expects, in a real stage process on a real broker."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.kafka.cluster import Cluster, Record
from support.kafka.wire import write_record
from support.kafka.writing import sure_producer
from support.processes import Service
from support.waiting import DEADLINE_SECONDS, wait_until

from headway.edges import kafka
from headway.edges.objectstore import ObjectStore
from headway.outcomes.deadletter import MAX_LETTER_BYTES, OWN_BYTES

pytestmark = pytest.mark.broker

_PARTITION = 3
_MB = 1_000_000


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module", autouse=True)
def stage(start_stage: Callable[..., Service], store: Path) -> Service:
    """One p1 that meets every record of this module."""
    return start_stage("p1", object_store_url=f"file://{store}")


@pytest.fixture
def write(cluster: Cluster) -> Callable[..., int]:
    """Writes a compressed record to the one partition of this module; its offset."""
    producer = sure_producer(
        cluster.options, compression_type="zstd", message_max_bytes=1_000_000_000
    )

    def write(key: bytes | None, value: bytes | None, headers: kafka.Headers | None = None) -> int:
        offsets: list[int] = []

        def delivered(error: kafka.KafkaError | None, message: kafka.Message) -> None:
            assert error is None, error
            offsets.append(message.offset() or 0)

        topic = cluster.catalog["jobs.submitted"].name
        producer.produce(
            topic,
            key=key,
            value=value,
            partition=_PARTITION,
            headers=headers or [],
            on_delivery=delivered,
        )
        assert producer.flush(DEADLINE_SECONDS) == 0
        return offsets[0]

    return write


@pytest.mark.parametrize("part", ["value", "key", "headers"])
def test_a_record_too_large_for_a_letter_is_a_claim_and_stops_nothing(
    cluster: Cluster, write: Callable[..., int], stage: Service, store: Path, part: str
) -> None:
    """A broker bounds what came compressed: 5 MB of zeros are a few hundred bytes to it."""
    # Given 5 MB of zeros in one part of a record, and a good job behind it
    zeros, job_id = bytes(5 * _MB), f"large-{part}"
    key = zeros if part == "key" else job_id.encode()
    offset = write(
        key,
        zeros if part == "value" else b"no submission",
        [("trace", zeros)] if part == "headers" else [("trace", b"1")],
    )
    write(f"after-{job_id}".encode(), cluster.submission(f"after-{job_id}", title="ok"))

    # When the good one is done, in the same process
    cluster.wait_for_states([f"after-{job_id}"], "PROCESS_1_DONE", seconds=DEADLINE_SECONDS)
    assert stage.process.poll() is None

    # Then the other has failed, and its letter says where the part lies
    letter = _letter_of(cluster, offset)
    name = "headway.claim" if part == "value" else f"headway.claim.{part}"
    claim = letter.headers[name].decode()
    place = f"{cluster.catalog['jobs.submitted'].name}-{_PARTITION}-{offset}"
    assert claim == f"dead-letters/p1/{place}" + ("" if part == "value" else f".{part}")
    stored = ObjectStore.open(f"file://{store}").get_bytes(claim)
    assert letter.headers[f"{name}.size"] == str(len(stored)).encode()
    assert letter.headers[f"{name}.sha256"] == hashlib.sha256(stored).hexdigest().encode()
    if part == "headers":
        assert len(stored) > 5 * _MB
    else:
        assert stored == zeros
    if part != "key":
        error = cluster.newest_states()[job_id]["error"]
        assert error["dead_letter"]["offset"] == letter.offset


def test_the_largest_letter_is_taken_by_its_topic(
    cluster: Cluster, write: Callable[..., int]
) -> None:
    """Bytes that do not compress fill the letter to its bound, and the broker takes it."""
    # Given a record of random bytes just below the bound, which a broker takes compressed
    # only because most of it is zeros in a header of its own
    noise = b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(30_000))
    zeros = bytes(MAX_LETTER_BYTES - OWN_BYTES - len(noise) - 100)
    offset = write(b"largest", noise, [("zeros", zeros)])

    # When it has failed, then its letter is whole
    cluster.wait_for_states(["largest"], "FAILED", seconds=DEADLINE_SECONDS)
    letter = _letter_of(cluster, offset)
    assert (letter.value, letter.headers["zeros"]) == (noise, zeros)
    assert "headway.claim" not in letter.headers


def test_a_title_of_a_megabyte_runs(cluster: Cluster, write: Callable[..., int]) -> None:
    """RUNNING, FAILED and the rest fit a record, so no frame is refused for them."""
    # Given jobs with titles near a record's size: one ends, one fails at once, and one is RUNNING
    # between its calls before it fails
    for title in ("ok:", "permanent:no", "bug:"):
        job_id = f"title-{title[:2]}"
        write(job_id.encode(), cluster.submission(job_id, title=title.ljust(1_048_000)))

    # When they are met, then each has its end, with the beginning of its title
    done = cluster.wait_for_states(["title-ok"], "PROCESS_1_DONE", seconds=DEADLINE_SECONDS)
    assert done["title-ok"]["title"] == "ok:".ljust(254) + "…"
    failed = cluster.wait_for_states(["title-pe", "title-bu"], "FAILED", seconds=DEADLINE_SECONDS)
    assert failed["title-pe"]["title"] == "permanent:no".ljust(254) + "…"
    assert failed["title-bu"]["title"] == "bug:".ljust(254) + "…"


def test_headers_whose_names_are_no_text_stop_nothing(
    cluster: Cluster, write: Callable[..., int], stage: Service
) -> None:
    """The client cannot give such headers, and ends the process of who looks at them twice."""
    # Given garbage with a header named by bytes that are no UTF-8, often enough that the
    # interpreter takes its short cuts, and a good job behind it
    offsets = [
        write_record(
            cluster.bootstrap_servers,
            cluster.catalog["jobs.submitted"].name,
            _PARTITION,
            key=b"misnamed-%d" % number,
            value=b"garbage",
            headers=[(b"\xff\xfe", b"1"), (b"trace", b"2")],
        )
        for number in range(60)
    ]
    write(b"after-misnamed", cluster.submission("after-misnamed", title="ok"))

    # When the good one is done, in the same process
    cluster.wait_for_states(["after-misnamed"], "PROCESS_1_DONE", seconds=DEADLINE_SECONDS)
    assert stage.process.poll() is None

    # Then each of the others is a dead letter that says what it lacks
    names = [f"misnamed-{number}" for number in range(60)]
    cluster.wait_for_states(names, "FAILED", seconds=DEADLINE_SECONDS)
    letters = {r.headers["headway.offset"]: r for r in cluster.read("p1.dlq")}
    for offset in offsets:
        letter = letters[str(offset).encode()]
        assert letter.value == b"garbage"
        assert letter.headers["headway.headers.unreadable"] == b"a name among them is no UTF-8"


def _letter_of(cluster: Cluster, offset: int) -> Record:
    found: list[Record] = []

    def look() -> Any:
        found[:] = [
            record
            for record in cluster.read("p1.dlq")
            if record.headers["headway.offset"] == str(offset).encode()
            and record.headers["headway.partition"] == str(_PARTITION).encode()
        ]
        return found

    wait_until(look)
    (letter,) = found
    return letter
