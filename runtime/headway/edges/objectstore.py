"""Where large payloads and results lie; Kafka carries only the key (a claim check).

One class over a local folder, S3-compatible storage or memory; all three pass one suite of
tests. Every write appears whole or not at all, so a reader never sees half an object and a
handler that runs twice merely writes the same object twice.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, InvalidPathError, PreconditionError
from obstore.store import LocalStore, MemoryStore, S3Store

from headway.base.errors import ObjectNotFound, PermanentError, SettingsError, StoreUnavailable

if TYPE_CHECKING:
    from obstore import GetResult
    from obstore.store import ClientConfig, RetryConfig

__all__ = ["ObjectStore"]

_Backend = LocalStore | S3Store | MemoryStore

_CHUNK_BYTES: Final = 1024 * 1024
#: S3 refuses longer keys; the local store holds to the same bound so that both behave alike.
_KEY_MAX_BYTES: Final = 1024
#: The longest file name that common file systems take, less room for the suffix under which
#: the local store writes before it renames.
_SEGMENT_MAX_BYTES: Final = 240
_CONTROL_CHARACTERS: Final = re.compile(r"[\x00-\x1f\x7f\\]")
#: The local store keeps `name#1` for writes in progress and hides it from readers.
_WRITE_IN_PROGRESS: Final = re.compile(r"#\d+$")
#: S3's name for a bucket that is not there: the operator's mistake, not the job's.
_NO_BUCKET: Final = "NoSuchBucket"

#: The stage tries again by itself, so the client gives up well before a handler's patience ends.
_RETRY: Final["RetryConfig"] = {"max_retries": 3, "retry_timeout": timedelta(seconds=30)}
#: Plain http is used only when AWS_ENDPOINT_URL names it. 100 MiB at 1 MB/s take 105 s; a read
#: that stalls is noticed earlier.
_CLIENT: Final["ClientConfig"] = {
    "allow_http": True,
    "connect_timeout": timedelta(seconds=5),
    "read_timeout": timedelta(seconds=20),
    "timeout": timedelta(seconds=180),
}


#: Who opens a store of a further scheme, by that scheme; called with the whole url.
OPENERS: Final[dict[str, Callable[[str], "ObjectStore"]]] = {}


class ObjectStore:
    """Bytes under keys such as `jobs/17/p2/report.html`; safe to use from several threads.

    A key is `/`-separated segments, none of them empty, `.` or `..`; any other key raises
    PermanentError before the store is touched, so no key reaches outside the store's root.
    Whatever else goes wrong raises StoreUnavailable.
    """

    def __init__(self, backend: _Backend) -> None:
        self._backend = backend

    @staticmethod
    def open(url: str) -> "ObjectStore":
        """Open `file:///dir` (made if absent), `s3://bucket/prefix` or `memory://`.

        S3 takes endpoint, region and credentials from the standard AWS_* environment.
        Nothing is asked of S3 yet: a wrong bucket shows at the first use. Every `memory://` is
        a store of its own.

        Raises:
            SettingsError: the url is none of these, or its folder cannot be made.
        """
        further = OPENERS.get(urlsplit(url).scheme)
        return further(url) if further else ObjectStore(_backend_of(url))

    def put_bytes(self, key: str, data: bytes) -> None:
        with self._at(key):
            obstore.put(self._backend, _checked(key), data)

    def put_file(self, key: str, path: Path) -> int:
        """Store a local file in parts of bounded memory; the object's size in bytes."""
        size_bytes = path.stat().st_size
        with self._at(key):
            obstore.put(self._backend, _checked(key), path, max_concurrency=2)
        return size_bytes

    def create(self, key: str, data: bytes) -> bool:
        """Store the object unless the key has one already; False if it has.

        Of several callers at once exactly one gets True.
        """
        with self._at(key):
            try:
                obstore.put(self._backend, _checked(key), data, mode="create")
            except (AlreadyExistsError, PreconditionError):
                return False
        return True

    def get_bytes(self, key: str) -> bytes:
        with self._at(key):
            return obstore.get(self._backend, _checked(key)).bytes().to_bytes()

    def fetch(self, key: str, path: Path) -> int:
        """Copy the object to a local file; its size in bytes.

        A failure midway leaves an incomplete file behind.
        """
        size_bytes = 0
        chunks = self.stream(key)
        with path.open("wb") as file:
            for chunk in chunks:
                size_bytes += file.write(chunk)
        return size_bytes

    def stream(self, key: str) -> Iterator[bytes]:
        """The object in chunks of about 1 MiB.

        A missing key raises here, not at the first chunk. A replacement of the object while it
        is read is not seen, or ends the read with StoreUnavailable.
        """
        with self._at(key):
            found = obstore.get(self._backend, _checked(key))
        return _chunks(key, found)

    def size(self, key: str) -> int:
        with self._at(key):
            try:
                return int(obstore.head(self._backend, _checked(key))["size"])
            except FileNotFoundError:
                # S3 answers HEAD without a body; only GET tells a missing bucket from a
                # missing key.
                return int(obstore.get(self._backend, key).meta["size"])

    def keys(self, folder: str) -> list[str]:
        """All keys that begin with *folder* and a slash; not for more than memory holds."""
        with self._at(folder):
            found = obstore.list(self._backend, prefix=_checked(folder))
            return [each["path"] for batch in found for each in batch]

    def delete(self, key: str) -> None:
        """Remove the object; a key without one is fine."""
        with self._at(key):
            try:
                obstore.delete(self._backend, _checked(key))
            except FileNotFoundError:
                return

    @contextmanager
    def _at(self, key: str) -> Iterator[None]:
        with _translated(key):
            folder = self._backend.prefix if isinstance(self._backend, LocalStore) else None
            # Without it a read finds nothing and a write makes it anew: nobody would wait for it.
            if folder is not None and not Path(folder).is_dir():
                raise StoreUnavailable(f"the object store's folder {folder} is gone (at {key!r})")
            yield


def _backend_of(url: str) -> _Backend:
    parts = urlsplit(url)
    if parts.scheme == "memory" and not parts.netloc and parts.path in {"", "/"}:
        return MemoryStore()
    if parts.scheme == "s3" and parts.netloc:
        prefix = parts.path.strip("/") or None
        return S3Store(parts.netloc, prefix=prefix, client_options=_CLIENT, retry_config=_RETRY)
    if parts.scheme == "file" and parts.netloc in {"", "localhost"} and parts.path.startswith("/"):
        return _local(Path(unquote(parts.path)))
    raise SettingsError(
        f"object store {url!r}: expected file:///folder, s3://bucket/prefix or memory://"
    )


def _local(root: Path) -> LocalStore:
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"object store folder {root}: {error.strerror or error}") from error
    if not os.access(root, os.W_OK | os.X_OK):
        raise SettingsError(f"object store folder {root} is not writable")
    return LocalStore(root)


def _checked(key: str) -> str:
    segments = key.split("/")
    bad = (
        len(key.encode()) > _KEY_MAX_BYTES
        or _CONTROL_CHARACTERS.search(key) is not None
        or any(_is_unusable(segment) for segment in segments)
    )
    if bad:
        raise PermanentError(f"{key[:200]!r} is no usable key of the object store")
    return key


def _is_unusable(segment: str) -> bool:
    return (
        segment in {"", ".", ".."}
        or len(segment.encode()) > _SEGMENT_MAX_BYTES
        or _WRITE_IN_PROGRESS.search(segment) is not None
    )


@contextmanager
def _translated(key: str) -> Iterator[None]:
    """The one border between the client's errors and ours."""
    try:
        yield
    except FileNotFoundError as error:
        if _NO_BUCKET in str(error):
            raise StoreUnavailable(f"the object store has no such bucket (at {key!r})") from error
        raise ObjectNotFound(f"the object store has no {key!r}") from error
    except (InvalidPathError, ValueError) as error:
        raise PermanentError(f"{key[:200]!r} is no usable key of the object store") from error
    except (BaseError, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise StoreUnavailable(f"the object store failed at {key!r}: {reason}") from error


def _chunks(key: str, found: "GetResult") -> Iterator[bytes]:
    with _translated(key):
        for piece in found.stream(min_chunk_size=_CHUNK_BYTES):
            # The memory store hands out the whole object as one piece.
            for start in range(0, len(piece), 2 * _CHUNK_BYTES):
                yield bytes(memoryview(piece)[start : start + 2 * _CHUNK_BYTES])
