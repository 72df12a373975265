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
    store.put_bytes("jobs/1/p1/profile.json", b"\x00\xffdata")

    assert store.get_bytes("jobs/1/p1/profile.json") == b"\x00\xffdata"
    assert store.size("jobs/1/p1/profile.json") == 6


def test_a_second_put_replaces_the_first(store: ObjectStore) -> None:
    """A put over an object leaves nothing of the older one."""
    store.put_bytes("jobs/1/x", b"a long first version")

    store.put_bytes("jobs/1/x", b"short")

    assert store.get_bytes("jobs/1/x") == b"short"


def test_an_empty_object_is_an_object(store: ObjectStore) -> None:
    """Zero bytes are stored and read like any others."""
    store.put_bytes("empty", b"")

    assert store.size("empty") == 0
    assert store.get_bytes("empty") == b""
    assert b"".join(store.stream("empty")) == b""


def test_create_keeps_what_is_there(store: ObjectStore) -> None:
    """create() writes once and says False ever after."""
    first = store.create("once", b"first")
    second = store.create("once", b"second")

    assert (first, second) == (True, False)
    assert store.get_bytes("once") == b"first"


def test_of_many_creators_one_wins(store: ObjectStore) -> None:
    """Concurrent create() calls give exactly one True, and its bytes stay."""
    payloads = [b"%d" % number for number in range(8)]

    with ThreadPoolExecutor(8) as threads:
        won = list(threads.map(lambda data: store.create("race", data), payloads))

    assert won.count(True) == 1
    assert store.get_bytes("race") == payloads[won.index(True)]


def test_a_reader_never_sees_half_an_object(store: ObjectStore) -> None:
    """While an object is replaced, a reader gets the old bytes or the new, never a mix."""
    versions = {b"a" * 300_000, b"b" * 200_000}
    store.put_bytes("swap", b"a" * 300_000)

    with ThreadPoolExecutor(2) as threads:
        writes = [threads.submit(store.put_bytes, "swap", data) for data in [*versions] * 10]
        seen = {store.get_bytes("swap") for _ in range(20)}
        for write in writes:
            write.result()

    assert seen <= versions


def test_a_file_goes_in_and_out_by_streams(store: ObjectStore, tmp_path: Path) -> None:
    """A file larger than one part comes back equal, in chunks of about a mebibyte."""
    data = os.urandom(11 * 1024 * 1024 + 7)
    (tmp_path / "in").write_bytes(data)

    put_size = store.put_file("big", tmp_path / "in")
    fetched_size = store.fetch("big", tmp_path / "out")
    chunks = list(store.stream("big"))

    assert put_size == fetched_size == store.size("big") == len(data)
    assert (tmp_path / "out").read_bytes() == data
    assert b"".join(chunks) == data
    assert max(len(chunk) for chunk in chunks) <= 2 * 1024 * 1024


def test_a_missing_key_is_named(store: ObjectStore, tmp_path: Path) -> None:
    """Every way to read a key that has no object raises ObjectNotFound with the key."""
    reads: list[Callable[[], object]] = [
        lambda: store.get_bytes("jobs/none"),
        lambda: store.size("jobs/none"),
        lambda: store.stream("jobs/none"),
        lambda: store.fetch("jobs/none", tmp_path / "out"),
    ]

    for read in reads:
        with pytest.raises(ObjectNotFound, match="jobs/none"):
            read()


def test_a_deleted_object_is_gone(store: ObjectStore) -> None:
    """delete() removes the object; deleting it again is no error."""
    store.put_bytes("gone", b"x")

    store.delete("gone")
    store.delete("gone")

    with pytest.raises(ObjectNotFound):
        store.size("gone")


@pytest.mark.parametrize("key", ESCAPES, ids=range(len(ESCAPES)))
def test_a_key_cannot_leave_the_root(store: ObjectStore, tmp_path: Path, key: str) -> None:
    """A key with an empty, dotted, oversized or control-character segment is refused."""
    attempts: list[Callable[[], object]] = [
        lambda: store.put_bytes(key, b"x"),
        lambda: store.create(key, b"x"),
        lambda: store.get_bytes(key),
        lambda: store.size(key),
        lambda: store.stream(key),
        lambda: store.delete(key),
    ]

    for attempt in attempts:
        with pytest.raises(PermanentError, match="no usable key"):
            attempt()

    assert not (tmp_path / "outside").exists()


def test_keys_may_hold_what_users_write(store: ObjectStore) -> None:
    """Spaces, accents, percent signs and dots inside a name are kept apart."""
    keys = ["a b/ü%2F.csv", "a b/ü/F.csv", "...", "jobs/..x", "q?x=1&y", "C#"]

    for key in keys:
        store.put_bytes(key, key.encode())

    assert [store.get_bytes(key).decode() for key in keys] == keys
