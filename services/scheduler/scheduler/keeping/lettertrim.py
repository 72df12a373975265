"""Dead letters that nobody has any use for go from the front of their topics, with their objects.

A letter is of use to whoever looks why a job failed or sends it back. Once the job is forgotten, or
was sent back, it is neither. Kafka deletes from the front alone: what lies behind a letter that
stays, stays.
"""

import logging
from collections.abc import Callable, Iterator, Mapping

from headway.base.errors import PermanentError
from headway.edges.objectstore import ObjectStore
from headway.owning.place import Place
from scheduler.keeping.deadletters import Lying
from scheduler.keeping.fates import Fates
from scheduler.keeping.needed import Needed
from scheduler.lane.job import Job

logger = logging.getLogger(__name__)


class LetterTrim:
    """Of the letters that were *read*, by their places; is then shown all states of the lane."""

    def __init__(self, read: Mapping[Place, list[Lying]]) -> None:
        self._read = read
        self._fates = Fates(letter for each in read.values() for letter in each)

    def take(self, job_id: str, job: Job | None) -> None:
        """The job has this newer state; None: it was forgotten."""
        self._fates.take(job_id, job)

    def bounds(self, needed: Needed) -> dict[Place, int]:
        """Below which offset each place may be trimmed; without those where nothing may go."""
        found = {place: self._front(place, needed) for place in self._read}
        return {place: front[-1].offset + 1 for place, front in found.items() if front}

    def remove_objects(self, open_store: Callable[[], ObjectStore], needed: Needed) -> None:
        """Those of letters that go, and of all whose job was forgotten; idempotent.

        Before the letters are trimmed: whoever is killed in between finds them again.

        Raises:
            StoreUnavailable: it has to be done again.
        """
        keys = list(self._objects(needed))
        if not keys:
            return
        store = open_store()
        for key in keys:
            try:
                store.delete(key)
            except PermanentError:
                continue  # no key of any store: nothing is there
        logger.info("letters.objects_removed", extra={"objects": len(keys)})

    def _front(self, place: Place, needed: Needed) -> list[Lying]:
        kept, front = needed.letters(place), list[Lying]()
        for letter in self._read[place]:
            if letter.offset in kept or not self._of_no_use(letter):
                break
            front.append(letter)
        return front

    def _of_no_use(self, letter: Lying) -> bool:
        return self._fates.forgotten(letter) or self._fates.over(letter)

    def _objects(self, needed: Needed) -> Iterator[str]:
        for place, letters in self._read.items():
            kept, front = needed.letters(place), len(self._front(place, needed))
            for number, letter in enumerate(letters):
                forgotten = letter.offset not in kept and self._fates.forgotten(letter)
                if number < front or forgotten:
                    yield from letter.claims
