"""What a user hands in, however it was sent: its rules, and its bytes in memory or on disk."""

import hashlib
import json
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Protocol

from headway.edges.objectstore import ObjectStore
from headway.serving.problem import Fault
from headway.wire.envelope import MOST_ORDER_KEY_CHARACTERS

MOST_TITLE_CHARACTERS: Final = 255
#: Control characters, halves of pairs, line and paragraph separators.
_UNSEEN_CATEGORIES: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})


class Content(Protocol):
    """The file's bytes; every method but `size_bytes` may block on the disk."""

    @property
    def size_bytes(self) -> int: ...
    def read(self) -> bytes: ...
    def sha256(self) -> str: ...
    def put(self, store: ObjectStore, key: str) -> None: ...


@dataclass(frozen=True, slots=True)
class TextContent:
    """Content that came in a JSON document."""

    data: bytes

    @property
    def size_bytes(self) -> int:
        return len(self.data)

    def read(self) -> bytes:
        return self.data

    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    def put(self, store: ObjectStore, key: str) -> None:
        store.put_bytes(key, self.data)


@dataclass(frozen=True, slots=True)
class FileContent:
    """Content that came as a form's file and was spooled; valid while *file* is open."""

    file: IO[bytes]
    size_bytes: int

    def read(self) -> bytes:
        self.file.seek(0)
        return self.file.read()

    def sha256(self) -> str:
        self.file.seek(0)
        return hashlib.file_digest(self.file, "sha256").hexdigest()  # type: ignore[arg-type]  # a spooled file has readinto in all but its stub

    def put(self, store: ObjectStore, key: str) -> None:
        # The spool has no name of its own; its descriptor has one, which spares a second copy.
        descriptor = self.file.fileno()
        self.file.flush()
        self.file.seek(0)
        store.put_file(key, Path(f"/dev/fd/{descriptor}"))


@dataclass(frozen=True, slots=True)
class Submission:
    """A submission that keeps the rules; a delimiter of None is left to the first stage.

    `not_before` (ms) is when it may begin; None: at once.
    """

    title: str
    delimiter: str | None
    content: Content
    order_key: str | None = None
    not_before: int | None = None
    tags: tuple[str, ...] = ()

    def fingerprint(self) -> str:
        """Equal for equal submissions, whichever way they were sent. Blocks."""
        # As JSON the parts stay apart whatever characters they hold. What is not said changes
        # nothing: keys of submissions that an earlier release took in fit theirs still.
        order = [] if self.order_key is None else [self.order_key]
        extras = {"not_before": self.not_before, "tags": self.tags or None}
        said = {name: value for name, value in extras.items() if value is not None}
        more = [said] if said else []
        told = json.dumps([self.title, self.delimiter, self.content.sha256(), *order, *more])
        return hashlib.sha256(told.encode()).hexdigest()


def clean_title(raw: str) -> str:
    """The base name in *raw*, without what cannot be seen; may be empty."""
    # Some clients send a whole path, and those of Windows part it by backslashes.
    base = raw.replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in base if unicodedata.category(c) not in _UNSEEN_CATEGORIES).strip()


def title_faults(field: str, title: str) -> list[Fault]:
    """What is wrong with a cleaned title; *field* is where the user gave it."""
    if not title:
        return [Fault(field, "has no file name; give the name of the file, such as data.csv")]
    if len(title) > MOST_TITLE_CHARACTERS:
        detail = f"has {len(title)} characters; give at most {MOST_TITLE_CHARACTERS}"
        return [Fault(field, detail)]
    return []


def delimiter_faults(delimiter: str | None) -> list[Fault]:
    if delimiter is None:
        return []
    if len(delimiter) != 1:
        detail = (
            f"{delimiter[:20]!r} has {len(delimiter)} characters; give exactly one, or leave the "
            "field out to have it detected"
        )
        return [Fault("delimiter", detail)]
    unseen = unicodedata.category(delimiter) in _UNSEEN_CATEGORIES
    if delimiter == '"' or delimiter.isalnum() or (unseen and delimiter != "\t"):
        detail = f"{delimiter!r} cannot separate values; give a character such as , ; | or a tab"
        return [Fault("delimiter", detail)]
    return []


def order_key_faults(order_key: str | None) -> list[Fault]:
    """What is wrong with the name of an order; None is none."""
    if order_key is None:
        return []
    if not 0 < len(order_key) <= MOST_ORDER_KEY_CHARACTERS:
        most = MOST_ORDER_KEY_CHARACTERS
        detail = f"has {len(order_key)} characters; give 1 to {most}, or leave the field out"
        return [Fault("order_key", detail)]
    if any(unicodedata.category(c) in _UNSEEN_CATEGORIES for c in order_key):
        return [Fault("order_key", "has characters that cannot be seen; leave them out")]
    return []


def size_faults(field: str, size_bytes: int) -> list[Fault]:
    return [] if size_bytes else [Fault(field, "is empty (0 bytes); send a file with data")]
