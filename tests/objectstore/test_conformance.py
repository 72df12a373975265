"""One suite for every kind of object store: what holds for one holds for all."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from headway.base.errors import ObjectNotFound, PermanentError
from headway.edges.objectstore import ObjectStore

ESCAPES = [
    "../outside",
    "jobs/../../outside",
    "jobs/..",
    "jobs/./x",
    "/etc/passwd",
    "jobs//x",
    "jobs/",
    "",
    "jobs\\..\\x",
    "jobs/a\x00b",
    "jobs/a\nb",
    "jobs/x#1",
    "jobs/\udc80",
    "k" * 2000,
    "jobs/" + "n" * 300,
]


def test_what_was_put_is_read_back(store: ObjectStore) -> None:
    """An object's bytes and size are those that were put."""
    # Given bytes that are no text, when they are put
    store.put_bytes("jobs/1/p1/profile.json", b"\x00\xffdata")

    # Then the object has them and their size
    assert store.get_bytes("jobs/1/p1/profile.json") == b"\x00\xffdata"
    assert store.size("jobs/1/p1/profile.json") == 6


def test_a_second_put_replaces_the_first(store: ObjectStore) -> None:
    """A put over an object leaves nothing of the older one."""
    # Given an object
    store.put_bytes("jobs/1/x", b"a long first version")

    # When fewer bytes are put over it
    store.put_bytes("jobs/1/x", b"short")

    # Then it has these alone
    assert store.get_bytes("jobs/1/x") == b"short"


def test_an_empty_object_is_an_object(store: ObjectStore) -> None:
    """Zero bytes are stored and read like any others."""
    # When no bytes are put
    store.put_bytes("empty", b"")

    # Then there is an object, and every way to read it gives none
    assert store.size("empty") == 0
    assert store.get_bytes("empty") == b""
    assert b"".join(store.stream("empty")) == b""


def test_create_keeps_what_is_there(store: ObjectStore) -> None:
    """create() writes once and says False ever after."""
    # When an object is created twice
    first = store.create("once", b"first")
    second = store.create("once", b"second")

    # Then the first call says that it did, and its bytes stay
    assert (first, second) == (True, False)
    assert store.get_bytes("once") == b"first"


def test_of_many_creators_one_wins(store: ObjectStore) -> None:
    """Concurrent create() calls give exactly one True, and its bytes stay."""
    # Given eight creators of one object, each with bytes of its own
    payloads = [b"%d" % number for number in range(8)]

    # When they create it at the same time
    with ThreadPoolExecutor(8) as threads:
        won = list(threads.map(lambda data: store.create("race", data), payloads))

    # Then one of them did, and its bytes are there
    assert won.count(True) == 1
    assert store.get_bytes("race") == payloads[won.index(True)]


def test_a_reader_never_sees_half_an_object(store: ObjectStore) -> None:
    """While an object is replaced, a reader gets the old bytes or the new, never a mix."""
    # Given an object, and another version of it
    versions = {b"a" * 300_000, b"b" * 200_000}
    store.put_bytes("swap", b"a" * 300_000)

    # When it is read while either version is put over it again and again
    with ThreadPoolExecutor(2) as threads:
        writes = [threads.submit(store.put_bytes, "swap", data) for data in [*versions] * 10]
        seen = {store.get_bytes("swap") for _ in range(20)}
        for write in writes:
            write.result()

    # Then what was seen is one or the other
    assert seen <= versions


def test_a_file_goes_in_and_out_by_streams(store: ObjectStore, tmp_path: Path) -> None:
    """A file larger than one part comes back equal, in chunks of about a mebibyte."""
    # Given a file of more than two parts
    data = os.urandom(11 * 1024 * 1024 + 7)
    (tmp_path / "in").write_bytes(data)

    # When it is put, fetched into a file, and streamed
    put_size = store.put_file("big", tmp_path / "in")
    fetched_size = store.fetch("big", tmp_path / "out")
    chunks = list(store.stream("big"))

    # Then it is the same everywhere, and no chunk is much larger than the others
    assert put_size == fetched_size == store.size("big") == len(data)
    assert (tmp_path / "out").read_bytes() == data
    assert b"".join(chunks) == data
    assert max(len(chunk) for chunk in chunks) <= 2 * 1024 * 1024


def test_a_missing_key_is_named(store: ObjectStore, tmp_path: Path) -> None:
    """Every way to read a key that has no object raises ObjectNotFound with the key."""
    # Given every way to read
    reads: list[Callable[[], object]] = [
        lambda: store.get_bytes("jobs/none"),
        lambda: store.size("jobs/none"),
        lambda: store.stream("jobs/none"),
        lambda: store.fetch("jobs/none", tmp_path / "out"),
    ]

    # When a key without an object is read, then each way says which
    for read in reads:
        with pytest.raises(ObjectNotFound, match="jobs/none"):
            read()


def test_a_deleted_object_is_gone(store: ObjectStore) -> None:
    """delete() removes the object; deleting it again is no error."""
    # Given an object
    store.put_bytes("gone", b"x")

    # When it is deleted, and once more
    store.delete("gone")
    store.delete("gone")

    # Then it is not there
    with pytest.raises(ObjectNotFound):
        store.size("gone")


@pytest.mark.parametrize("key", ESCAPES, ids=range(len(ESCAPES)))
def test_a_key_cannot_leave_the_root(store: ObjectStore, tmp_path: Path, key: str) -> None:
    """A key with an empty, dotted, oversized or control-character segment is refused."""
    # Given every way to use a key
    attempts: list[Callable[[], object]] = [
        lambda: store.put_bytes(key, b"x"),
        lambda: store.create(key, b"x"),
        lambda: store.get_bytes(key),
        lambda: store.size(key),
        lambda: store.stream(key),
        lambda: store.delete(key),
    ]

    # When one that could leave the root or be no file's name is used
    for attempt in attempts:
        with pytest.raises(PermanentError, match="no usable key"):
            attempt()

    # Then each way refuses it, and nothing was written outside
    assert not (tmp_path / "outside").exists()


def test_keys_may_hold_what_users_write(store: ObjectStore) -> None:
    """Spaces, accents, percent signs and dots inside a name are kept apart."""
    # Given keys that differ in what stores and addresses like to rewrite
    keys = ["a b/ü%2F.csv", "a b/ü/F.csv", "...", "jobs/..x", "q?x=1&y", "C#"]

    # When each is put with bytes of its own
    for key in keys:
        store.put_bytes(key, key.encode())

    # Then each has its own
    assert [store.get_bytes(key).decode() for key in keys] == keys
