"""Brings the user's file within reach, and refuses one that is too large."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from headway import ObjectStore, PermanentError
from p1.document import words

#: Below this a file is kept in memory: no scratch file is worth its time.
_IN_MEMORY_BYTES: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Source:
    """The file's bytes: `data` when small, else at `path`."""

    size_bytes: int
    data: bytes | None
    path: Path | None

    def open(self) -> BinaryIO:
        if self.path is None:
            return io.BytesIO(self.data or b"")
        # Who reads it does so in large pieces, or buffers by himself.
        return self.path.open("rb", buffering=0)


def obtain(
    record: Mapping[str, Any],
    *,
    store: ObjectStore,
    folder: Path,
    limit_bytes: int,
    progress: Callable[[float], None],
) -> Source:
    """Take the record's source: its own bytes, or the object it refers to.

    Raises:
        PermanentError: the file is larger than `limit_bytes`, by what the record says, by what
            the store says, or by what the store sends.
    """
    if "content" in record:
        content: bytes = record["content"]
        _check_size(len(content), limit_bytes)
        return Source(len(content), content, None)
    key: str = record["key"]
    _check_size(record.get("size_bytes", 0), limit_bytes)
    size_bytes = store.size(key)
    _check_size(size_bytes, limit_bytes)
    if size_bytes <= _IN_MEMORY_BYTES:
        data = store.get_bytes(key)
        _check_size(len(data), limit_bytes)
        return Source(len(data), data, None)
    path = folder / "source"
    return Source(_copy(key, store, path, limit_bytes, size_bytes, progress), None, path)


def _copy(
    key: str,
    store: ObjectStore,
    path: Path,
    limit_bytes: int,
    expected_bytes: int,
    progress: Callable[[float], None],
) -> int:
    copied_bytes = 0
    with path.open("wb") as file:
        for chunk in store.stream(key):
            copied_bytes += file.write(chunk)
            _check_size(copied_bytes, limit_bytes)
            progress(min(copied_bytes / expected_bytes, 1.0))
    return copied_bytes


def _check_size(size_bytes: int, limit_bytes: int) -> None:
    if size_bytes > limit_bytes:
        raise PermanentError(
            f"The file is {words.megabytes(size_bytes)}; the limit is "
            f"{words.megabytes(limit_bytes)}. Split it, or leave out columns you do not need."
        )
