"""One process at a time."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from localkafka.errors import BrokerFailed

_POLL_SECONDS: Final = 0.05


@contextmanager
def locked(path: Path, *, timeout_seconds: float) -> Iterator[int]:
    """Hold the file's lock; yields its descriptor. Blocks.

    A child that inherits the descriptor shares the lock and may outlive its holder with it.

    Raises:
        BrokerFailed: another holds it all the time, or the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a")
    except OSError as error:
        raise BrokerFailed(f"{path} cannot be written: {error.strerror}") from error
    with file:
        _acquire(file.fileno(), path, time.monotonic() + timeout_seconds)
        yield file.fileno()


def _acquire(descriptor: int, path: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                raise BrokerFailed(f"another process holds {path}: let it end first") from error
            time.sleep(_POLL_SECONDS)
        else:
            return
