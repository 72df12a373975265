"""Bad input of every kind through the whole product: named, kept, and in nobody's way."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.kafka.cluster import Cluster
from support.processes import Service
from support.product import Product

from headway.edges.objectstore import ObjectStore

pytestmark = [pytest.mark.broker, pytest.mark.e2e]

_MB = 1_000_000
#: Files that are no sound CSV, and what their users are told.
_UPLOADS = {
    "ragged.csv": (b"a,b\n1,2\n3,4,5\n6,7\n", "Line 3"),
    "picture.csv": (
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(64),
        "no CSV file but a PNG image",
    ),
    "header.csv": (b"a,b\n", "no rows below"),
}


@pytest.fixture
def product(start: Callable[..., Service]) -> Product:
    return Product(start)


def test_bad_input_is_named_kept_as_a_dead_letter_and_stops_nothing(
    cluster: Cluster, product: Product, tmp_path: Path
) -> None:
    """Each fault is a named error at the door or a FAILED a user understands."""
    # Given what the gateway can refuse at once
    _refused_at_the_door(product)

    # And files that only reading them shows to be bad
    submitted = {}
    for name, (content, words) in _UPLOADS.items():
        answer = product.upload(name, content)
        assert answer.status_code == httpx.codes.ACCEPTED, answer.text
        submitted[answer.json()["job_id"]] = words

    # And records that a producer wrote wrongly, to both stages, and a reference to 101 MB
    garbage = _garbage(cluster)
    for job_id, (topic, value, _) in garbage.items():
        cluster.produce(topic, key=job_id.encode(), value=value)
    cluster.produce("jobs.submitted", key=b"huge", value=_reference(cluster, tmp_path))
    cluster.flush()

    # When all of them have ended, then each failed with words that name the fault
    for job_id, words in submitted.items():
        job = product.wait_for_end(job_id)
        assert job["status"] == "FAILED"
        assert words.lower() in job["error"]["message"].lower()
    huge = product.wait_for_end("huge")
    assert "101" in huge["error"]["message"]
    assert "100" in huge["error"]["message"]

    # And the original bytes lie in the dead-letter topic of the stage that met them
    for job_id, (_, value, stage) in garbage.items():
        job = product.wait_for_end(job_id)
        assert (job["status"], job["error"]["stage"]) == ("FAILED", stage)
        assert _letters_at(job["error"]["dead_letter"], cluster, stage) == [value]

    # And every partition goes on
    for index in range(12):
        answer = product.upload(f"good-{index}.csv", b"a,b\n1,2\n3,4\n")
        assert product.wait_for_end(answer.json()["job_id"])["status"] == "COMPLETED"


def _refused_at_the_door(product: Product) -> None:
    url = f"{product.gateway}/generate-file"
    json = {"Content-Type": "application/json"}
    fields = {"title": "t.csv", "content": "a\n1\n", "colour": "red"}
    refusals = [
        (product.upload("empty.csv", b""), 422, "empty"),
        (product.upload("large.csv", b"a,b\n" + b"1,2\n" * (101 * _MB // 4)), 413, "limit"),
        (httpx.post(url, content=b'{"title": ', headers=json), 400, "line 1"),
        (httpx.post(url, json=fields), 422, "colour"),
    ]
    for answer, code, words in refusals:
        assert answer.status_code == code, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert words in answer.text


def _garbage(cluster: Cluster) -> dict[str, tuple[str, bytes, str]]:
    """By job: the topic it is written to, its value, and the stage that has to give it up."""
    return {
        "bad-p1": ("jobs.submitted", b"\xde\xad\xbe\xef", "p1"),
        "bad-schema": ("jobs.submitted", _progress(cluster), "p1"),
        "bad-p2": ("jobs.p1-done", b"not a profile", "p2"),
    }


def _letters_at(place: Mapping[str, Any], cluster: Cluster, stage: str) -> list[bytes | None]:
    wanted = (place["partition"], place["offset"])
    letters = cluster.read(f"{stage}.dlq")
    return [letter.value for letter in letters if (letter.partition, letter.offset) == wanted]


def _progress(cluster: Cluster) -> bytes:
    progress = {"job_id": "j", "attempt": 1, "stage_index": 1, "progress": 1, "note": "", "at": 0}
    return cluster.codec.encode("job-progress", progress)


def _reference(cluster: Cluster, tmp_path: Path) -> bytes:
    size, key = 101 * _MB, "uploads/huge/source.csv"
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(size)
    ObjectStore.open(f"file://{tmp_path}/objects").put_file(key, large)
    source = {"key": key, "size_bytes": size}
    value = {"job_id": "huge", "title": "huge.csv", "delimiter": None, "source": source}
    return cluster.codec.encode("job-submitted", value)
