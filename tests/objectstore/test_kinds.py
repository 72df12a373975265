"""What is particular to one kind of object store: how it is opened, and how it fails."""

from collections.abc import Callable
from pathlib import Path

import pytest

from headway.base.errors import SettingsError, StoreUnavailable
from headway.edges.objectstore import ObjectStore


def test_a_folder_is_made_and_survives_reopening(tmp_path: Path) -> None:
    """Objects in a folder are there for whoever opens the folder next."""
    # Given the url of a folder that is not there, with a space in its name
    url = f"file://{tmp_path}/deep/new%20folder"

    # When it is opened and an object put
    ObjectStore.open(url).put_bytes("a/b", b"x")

    # Then the object is there for who opens it next, as a file
    assert ObjectStore.open(url).get_bytes("a/b") == b"x"
    assert (tmp_path / "deep" / "new folder" / "a" / "b").read_bytes() == b"x"


def test_every_memory_store_is_its_own() -> None:
    """Two memory stores share nothing."""
    # Given a memory store with an object
    ObjectStore.open("memory://").put_bytes("a", b"x")

    # When another one creates an object of that key, then there was none
    assert ObjectStore.open("memory://").create("a", b"y")


def test_s3_keys_lie_under_the_prefix(s3_url: str) -> None:
    """The url's path goes before every key in the bucket."""
    # Given a bucket, and a url with a path in it
    bucket = s3_url.removesuffix("/some/prefix")

    # When an object is put by the url
    ObjectStore.open(s3_url).put_bytes("a/b", b"x")

    # Then in the bucket it lies under that path
    assert ObjectStore.open(bucket).get_bytes("some/prefix/a/b") == b"x"


@pytest.mark.parametrize(
    "url", ["", "/srv/x", "file://host/x", "file:x", "s3://", "ftp://x/y", "memory://x"]
)
def test_an_unknown_url_is_refused(url: str) -> None:
    """A url of no known form is a fault of the settings, told at the start."""
    # When a url of another form is opened, then it is told which forms there are
    with pytest.raises(SettingsError, match="expected file:///folder"):
        ObjectStore.open(url)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    """A path through a file is a fault of the settings, told at the start."""
    # Given a file where a folder would have to be
    (tmp_path / "file").write_bytes(b"")

    # When a store below it is opened, then the folder is at fault
    with pytest.raises(SettingsError, match="object store folder"):
        ObjectStore.open(f"file://{tmp_path}/file/store")


def test_a_missing_bucket_is_not_a_missing_object(s3_environment: str, tmp_path: Path) -> None:
    """With no bucket the operator is at fault, not the job: nothing goes to the dead letters."""
    # Given every way to use a store whose bucket nobody has made
    assert s3_environment
    store = ObjectStore.open("s3://no-such-bucket")
    attempts: list[Callable[[], object]] = [
        lambda: store.get_bytes("a"),
        lambda: store.size("a"),
        lambda: store.put_bytes("a", b"x"),
        lambda: store.create("a", b"x"),
        lambda: store.fetch("a", tmp_path / "out"),
    ]

    # When it is used, then the bucket is said to be missing
    for attempt in attempts:
        with pytest.raises(StoreUnavailable, match="no such bucket"):
            attempt()


def test_a_server_that_is_away_is_unavailable(
    s3_environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refused connection may pass: it is an error to try again, with the key in it."""
    # Given a server that is not there
    assert s3_environment
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    store = ObjectStore.open("s3://bucket")

    # When an object is read, then it may be there later
    with pytest.raises(StoreUnavailable, match="'a/b'"):
        store.get_bytes("a/b")


def test_a_folder_that_is_gone_is_unavailable_and_not_made_anew(tmp_path: Path) -> None:
    """Else a job would fail for want of its file, or write where nobody looks."""
    # Given a store whose folder was moved away
    folder = tmp_path / "store"
    store = ObjectStore.open(f"file://{folder}")
    store.put_bytes("a", b"x")
    folder.rename(tmp_path / "away")

    # When it is read or written, then it may be there later
    with pytest.raises(StoreUnavailable, match="is gone"):
        store.get_bytes("a")
    with pytest.raises(StoreUnavailable, match="is gone"):
        store.put_bytes("b", b"")
    assert not folder.exists()

    # When it is back, then all is as before
    (tmp_path / "away").rename(folder)
    assert store.get_bytes("a") == b"x"


def test_a_folder_that_went_away_is_unavailable(tmp_path: Path) -> None:
    """A write under a path that became a file may pass: it is an error to try again."""
    # Given a folder in which an object has the name that another one's folder would have
    store = ObjectStore.open(f"file://{tmp_path}/store")
    store.put_bytes("a", b"")

    # When that other one is put, then it may be possible later
    with pytest.raises(StoreUnavailable, match="'a/b'"):
        store.put_bytes("a/b", b"x")
