"""What becomes of an upload whose record is not taken, and of a record that does not fit."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import pytest

from gateway.admitting.publisher import NotTaken, OutcomeUnknown, Position, RecordTooLarge
from gateway.app import Gateway
from headway.edges.objectstore import ObjectStore
from headway.wire.codec import Codec

Submit = Callable[..., httpx.Response]

SMALL, LARGE = b"a,b\n1,2\n", b"a,b\n1,2\n" * 1000
KEY = {"Idempotency-Key": "k"}


@dataclass
class Folder:
    """A store one can look into."""

    path: Path
    store: ObjectStore

    def uploads(self) -> list[str]:
        files = (path for path in self.path.rglob("*") if path.is_file())
        names = (path.relative_to(self.path).as_posix() for path in files)
        return sorted(name for name in names if name.startswith("uploads/"))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    path = tmp_path / "store"
    return Folder(path, ObjectStore.open(f"file://{path}"))


@pytest.fixture
def on_disk(gateway: Gateway, folder: Folder) -> Gateway:
    """The gateway over a store one can look into."""
    claims = gateway.admission.claims
    claims._store = folder.store
    return replace(gateway, admission=replace(gateway.admission, store=folder.store))


@dataclass
class Narrow:
    """A topic that takes records up to a size."""

    most_bytes: int
    taken: list[tuple[str, bytes]] = field(default_factory=list)

    async def publish(self, key: str, value: bytes) -> Position:
        if len(value) > self.most_bytes:
            raise RecordTooLarge(f"{len(value)} bytes")
        self.taken.append((key, value))
        return Position("jobs.submitted", 0, len(self.taken))


@pytest.mark.parametrize("headers", [{}, KEY], ids=["without-key", "with-key"])
def test_an_upload_whose_record_is_certainly_not_taken_goes(
    submit: Submit,
    on_disk: Gateway,
    folder: Folder,
    failures: list[Exception],
    headers: dict[str, str],
) -> None:
    """Nobody will ever read it, so nothing of it is left."""
    # Given a topic that takes no record
    failures.append(NotTaken("queue full"))

    # When a file is submitted that goes to the store
    answer = submit(gateway=on_disk, files={"file": ("a.csv", LARGE)}, headers=headers)

    # Then it is refused, and nothing of it is left there
    assert answer.status_code == 503
    assert folder.uploads() == []


@pytest.mark.parametrize("headers", [{}, KEY], ids=["without-key", "with-key"])
def test_an_upload_whose_record_may_be_taken_stays(
    submit: Submit,
    on_disk: Gateway,
    folder: Folder,
    failures: list[Exception],
    headers: dict[str, str],
) -> None:
    """The record may be there, and then its file is read."""
    # Given a topic that may have taken the record or not
    failures.append(OutcomeUnknown("timed out"))

    # When a file is submitted that goes to the store
    submit(gateway=on_disk, files={"file": ("a.csv", LARGE)}, headers=headers)

    # Then it stays there
    assert len(folder.uploads()) == 1


def test_a_repetition_that_fails_takes_nothing_from_the_attempt_before_it(
    submit: Submit,
    on_disk: Gateway,
    folder: Folder,
    failures: list[Exception],
    published: list[tuple[str, bytes]],
    codec: Codec,
) -> None:
    """Both carry one job_id; the first record may be there, and what it names has to be too."""
    # Given an attempt whose outcome is unknown, and one under the same key that was not taken
    failures += [OutcomeUnknown("timed out"), NotTaken("queue full")]
    submit(gateway=on_disk, files={"file": ("a.csv", LARGE)}, headers=KEY)
    first = folder.uploads()
    submit(gateway=on_disk, files={"file": ("a.csv", LARGE)}, headers=KEY)
    assert folder.uploads() == first

    # When a third is taken
    taken = submit(gateway=on_disk, files={"file": ("a.csv", LARGE)}, headers=KEY)

    # Then each record that may be there has a file of its own, under one job
    job_id = taken.json()["job_id"]
    ((key, value),) = published
    named = codec.decode(value, "job-submitted")["source"]["key"]
    assert key == job_id
    assert folder.uploads() == sorted([*first, named])
    assert all(name.startswith(f"uploads/{job_id}/") for name in folder.uploads())


def test_a_record_that_does_not_fit_goes_by_reference(
    submit: Submit, gateway: Gateway, store: ObjectStore, codec: Codec
) -> None:
    """Whatever the setting says: the cluster has the last word, and the job is taken."""
    # Given a topic that takes less than the gateway puts into a record
    topic = Narrow(most_bytes=300)
    admission = replace(gateway.admission, publisher=topic, inline_limit_bytes=1000)
    files = {"file": ("a.csv", SMALL * 100)}

    # When such a file is submitted
    answer = submit(gateway=replace(gateway, admission=admission), files=files)

    # Then it is taken by way of the store
    assert answer.status_code == 202
    source = codec.decode(topic.taken[0][1], "job-submitted")["source"]
    assert store.get_bytes(source["key"]) == SMALL * 100


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["inline", "by-reference"])
def test_a_record_that_can_never_fit_is_not_to_be_tried_again(
    submit: Submit, on_disk: Gateway, folder: Folder, content: bytes
) -> None:
    """413 instead of "try later", and its upload goes."""
    # Given a topic so narrow that no record fits
    admission = replace(on_disk.admission, publisher=Narrow(most_bytes=10))
    files = {"file": ("a.csv", content)}

    # When a file is submitted
    answer = submit(gateway=replace(on_disk, admission=admission), files=files, headers=KEY)

    # Then its client is not told to try again, and nothing is left in the store
    assert answer.status_code == 413
    assert answer.json()["type"] == "urn:headway:problem:record-too-large"
    assert "retry-after" not in answer.headers
    assert folder.uploads() == []
