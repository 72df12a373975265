"""What is particular to one kind of object store: how it is opened, and how it fails."""

from collections.abc import Callable
from pathlib import Path

import pytest

from headway.base.errors import SettingsError, StoreUnavailable
from headway.edges.objectstore import ObjectStore


def test_a_folder_is_made_and_survives_reopening(tmp_path: Path) -> None:
    """Objects in a folder are there for whoever opens the folder next."""
    url = f"file://{tmp_path}/deep/new%20folder"

    ObjectStore.open(url).put_bytes("a/b", b"x")

    assert ObjectStore.open(url).get_bytes("a/b") == b"x"
    assert (tmp_path / "deep" / "new folder" / "a" / "b").read_bytes() == b"x"


def test_every_memory_store_is_its_own() -> None:
    """Two memory stores share nothing."""
    ObjectStore.open("memory://").put_bytes("a", b"x")

    assert ObjectStore.open("memory://").create("a", b"y")


def test_s3_keys_lie_under_the_prefix(s3_url: str) -> None:
    """The url's path goes before every key in the bucket."""
    bucket = s3_url.removesuffix("/some/prefix")

    ObjectStore.open(s3_url).put_bytes("a/b", b"x")

    assert ObjectStore.open(bucket).get_bytes("some/prefix/a/b") == b"x"


@pytest.mark.parametrize(
    "url", ["", "/srv/x", "file://host/x", "file:x", "s3://", "ftp://x/y", "memory://x"]
)
def test_an_unknown_url_is_refused(url: str) -> None:
    """A url of no known form is a fault of the settings, told at the start."""
    with pytest.raises(SettingsError, match="expected file:///folder"):
        ObjectStore.open(url)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    """A path through a file is a fault of the settings, told at the start."""
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(SettingsError, match="object store folder"):
        ObjectStore.open(f"file://{tmp_path}/file/store")


def test_a_missing_bucket_is_not_a_missing_object(s3_environment: str, tmp_path: Path) -> None:
    """With no bucket the operator is at fault, not the job: nothing goes to the dead letters."""
    assert s3_environment
    store = ObjectStore.open("s3://no-such-bucket")
    attempts: list[Callable[[], object]] = [
        lambda: store.get_bytes("a"),
        lambda: store.size("a"),
        lambda: store.put_bytes("a", b"x"),
        lambda: store.create("a", b"x"),
        lambda: store.fetch("a", tmp_path / "out"),
    ]

    for attempt in attempts:
        with pytest.raises(StoreUnavailable, match="no such bucket"):
            attempt()


def test_a_server_that_is_away_is_unavailable(
    s3_environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refused connection may pass: it is an error to try again, with the key in it."""
    assert s3_environment
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    store = ObjectStore.open("s3://bucket")

    with pytest.raises(StoreUnavailable, match="'a/b'"):
        store.get_bytes("a/b")


def test_a_folder_that_went_away_is_unavailable(tmp_path: Path) -> None:
    """A write under a path that became a file may pass: it is an error to try again."""
    store = ObjectStore.open(f"file://{tmp_path}/store")
    store.put_bytes("a", b"")

    with pytest.raises(StoreUnavailable, match="'a/b'"):
        store.put_bytes("a/b", b"x")
