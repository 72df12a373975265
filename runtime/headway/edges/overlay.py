"""An object store to try things on: reads pass through, writes stay aside."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from headway.base.errors import ObjectNotFound
from headway.edges.objectstore import OPENERS, ObjectStore

_SCHEME: Final = "overlay"
#: Opens the overlay of this process, while there is one.
OVERLAY_URL: Final = f"{_SCHEME}:"


class Overlay(ObjectStore):
    """What is written or deleted here changes nothing *below*, and is met by later reads.

    `written` has the size of each object that was written and is still there.
    """

    def __init__(self, above: ObjectStore, below: ObjectStore) -> None:
        self._above = above
        self._below = below
        self._deleted: set[str] = set()
        self.written: dict[str, int] = {}

    def put_bytes(self, key: str, data: bytes) -> None:
        self._above.put_bytes(key, data)
        self._note(key, len(data))

    def put_file(self, key: str, path: Path) -> int:
        size_bytes = self._above.put_file(key, path)
        self._note(key, size_bytes)
        return size_bytes

    def create(self, key: str, data: bytes) -> bool:
        if key not in self._deleted and self._is_below(key):
            return False
        won = self._above.create(key, data)
        if won:
            self._note(key, len(data))
        return won

    def get_bytes(self, key: str) -> bytes:
        return self._holder(key).get_bytes(key)

    def stream(self, key: str) -> Iterator[bytes]:
        return self._holder(key).stream(key)

    def size(self, key: str) -> int:
        return self._holder(key).size(key)

    def delete(self, key: str) -> None:
        self._above.delete(key)
        self.written.pop(key, None)
        self._deleted.add(key)

    def _note(self, key: str, size_bytes: int) -> None:
        self.written[key] = size_bytes
        self._deleted.discard(key)

    def _is_below(self, key: str) -> bool:
        try:
            self._below.size(key)
        except ObjectNotFound:
            return False
        return True

    def _holder(self, key: str) -> ObjectStore:
        # What was deleted is looked for where it certainly is not.
        aside = key in self.written or key in self._deleted
        return self._above if aside else self._below


@contextmanager
def overlaid(url: str, folder: Path) -> Iterator[Overlay]:
    """While it lasts, `OVERLAY_URL` opens the store at *url* with writes kept in *folder*.

    In this process alone, and only one at a time.

    Raises:
        SettingsError: there is no such store.
    """
    overlay = Overlay(ObjectStore.open(folder.absolute().as_uri()), ObjectStore.open(url))
    OPENERS[_SCHEME] = lambda _: overlay
    try:
        yield overlay
    finally:
        del OPENERS[_SCHEME]
