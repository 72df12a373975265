"""What is left of a job that was forgotten: its files, its claims, the parts of its dead letter."""

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from headway.base.errors import PermanentError
from headway.edges.kafka import Message
from headway.edges.objectstore import ObjectStore
from headway.outcomes.deadletter import claimed

logger = logging.getLogger(__name__)

#: Where a job's own files lie: what came with it, and what its stages made.
_FOLDERS: Final = ("uploads/{}", "jobs/{}")
#: Idempotency keys that the gateway holds for jobs, and by job which those are.
_CLAIM, _CLAIMS_OF = "idempotency/{}", "idempotency-of/{}"


class Known(NamedTuple):
    """What has to be known before the job is forgotten, since nothing tells of it afterwards.

    *files* are those of its result, wherever they lie; *letter* is its dead letter: topic,
    partition, offset.
    """

    files: Sequence[str] = ()
    letter: tuple[str, int, int] | None = None


class Remains:
    """Removes it; idempotent. Blocks, for threads of their own."""

    def __init__(
        self, store: Callable[[], ObjectStore], read: Callable[[str, int, int], Message | None]
    ) -> None:
        """*store* opens it when it is first needed; *read* reads one record by its place."""
        self._open = store
        self._read = read

    def remove(self, job_id: str, known: Known) -> None:
        """Remove all that is left of *job_id*.

        Raises:
            StoreUnavailable, KafkaException, TransientError: it has to be done again.
        """
        store, count = self._open(), 0
        for key in self._keys(store, job_id, known):
            try:
                store.delete(key)
            except PermanentError:
                continue  # no key of any store: nothing is there
            count += 1
        logger.info("remains.removed", extra={"job_id": job_id, "objects": count})

    def _keys(self, store: ObjectStore, job_id: str, known: Known) -> Iterator[str]:
        yield from known.files
        for folder in _FOLDERS:
            yield from _listed(store, folder.format(job_id))
        if known.letter is not None:
            letter = self._read(*known.letter)
            yield from () if letter is None else claimed(letter)
        # A claim goes before what names it: whoever is killed in between finds it again.
        for marker in _listed(store, _CLAIMS_OF.format(job_id)):
            yield _CLAIM.format(marker.rpartition("/")[2])
            yield marker


def _listed(store: ObjectStore, folder: str) -> list[str]:
    try:
        return store.keys(folder)
    except PermanentError:
        return []  # a job_id of dots is a folder of no store
