"""Topics are trimmed of what all who read them are done with, where it is older than a time."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from headway.declared.pipeline import StageDeclaration
from headway.edges import kafka
from headway.edges.admin import beginnings, ends, since
from headway.edges.objectstore import ObjectStore
from headway.owning.place import Place
from scheduler.keeping.committed import committed
from scheduler.keeping.deadletters import Lying, lying
from scheduler.keeping.deleting import delete_below
from scheduler.keeping.lettertrim import LetterTrim
from scheduler.keeping.needed import Needed
from scheduler.passes.errand import Done
from scheduler.passes.given import Given

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Bound:
    """Below *offset* a partition may be trimmed, which begins at *first*."""

    first: int
    offset: int


class Trim:
    """Of one lane: sources, tiers, held topics and dead letters, never below what a job needs."""

    def __init__(self, given: Given, keep_ms: int) -> None:
        """Records younger than *keep_ms* stay."""
        self._given = given
        self._keep_ms = keep_ms

    def run(self, lane: int, *, dry: bool) -> Done:
        """As `scheduler.passes.errand.Errand` has it.

        Raises:
            KafkaException, TransientError: the cluster or the object store does not answer.
        """
        admin = kafka.admin_client(self._given.options)
        # In this order: what begins to wait after the groups were asked lies behind what they said,
        # and whatever letter was read, its job's state is read behind it.
        done, letters = self._done(lane), LetterTrim(self._letters(lane))
        needed = self._needed(lane, letters)
        bounds = self._bounds(admin, self._work(admin, done, needed) | letters.bounds(needed))
        matched = sum(bound.offset - bound.first for bound in bounds.values())
        if dry:
            return Done(matched, 0)
        letters.remove_objects(self._store, needed)
        if bounds:
            delete_below(admin, {place: bound.offset for place, bound in bounds.items()})
            told = {f"{topic}[{index}]": bound.offset for (topic, index), bound in bounds.items()}
            logger.info("topics.trimmed", extra={"below": told})
        return Done(matched, matched)

    def _bounds(self, admin: kafka.AdminClient, offsets: Mapping[Place, int]) -> dict[Place, Bound]:
        """What may go below those offsets, where anything may."""
        first = beginnings(admin, offsets) if offsets else {}
        bounds = {place: Bound(first[place], offsets[place]) for place in offsets if place in first}
        return {place: bound for place, bound in bounds.items() if bound.offset > bound.first}

    def _work(
        self, admin: kafka.AdminClient, done: Mapping[Place, int], needed: Needed
    ) -> dict[Place, int]:
        """Below which offset work topics may be trimmed."""
        aged, lowest = self._aged(admin, done), needed.lowest()
        return {
            place: min(offset, aged[place], lowest.get(place, offset))
            for place, offset in done.items()
            if place in aged
        }

    def _letters(self, lane: int) -> dict[Place, list[Lying]]:
        """Those that are older than what is kept."""
        given, moment = self._given, self._given.clock.now_ms() - self._keep_ms
        topics = [given.catalog[stage.dead_letters].name for stage in given.pipeline.stages]
        places = [(topic, lane) for topic in topics]
        return {place: lying(given.options, given.codec, place, moment) for place in places}

    def _store(self) -> ObjectStore:
        return ObjectStore.open(self._given.settings.object_store_url)

    def _done(self, lane: int) -> dict[Place, int]:
        """What the stage that reads a topic is done with."""
        given, done = self._given, dict[Place, int]()
        for stage in given.pipeline.stages:
            places = [(given.catalog[topic].name, lane) for topic in _inlets(stage)]
            done |= committed(given.options, given.settings.topic_prefix + stage.name, places)
        return done

    def _aged(self, admin: kafka.AdminClient, places: Mapping[Place, int]) -> dict[Place, int]:
        """From where on each place is younger than what is kept."""
        if not places:
            return {}
        last = ends(admin, places, kafka.IsolationLevel.READ_UNCOMMITTED)
        moment = self._given.clock.now_ms() - self._keep_ms
        young = since(admin, dict.fromkeys(places, moment))
        told = {place: young[place] for place in places if place in young and place in last}
        return {place: last[place] if at is None else at for place, at in told.items()}

    def _needed(self, lane: int, letters: LetterTrim) -> Needed:
        """By all states of the lane, to their end; *letters* is shown them, too."""
        needed, offset, ended = Needed(), 0, False
        while not ended:
            chunk = self._given.walker.read(lane, offset).result()
            for job_id, _, job in chunk.states:
                needed.take(job_id, job)
                letters.take(job_id, job)
            offset, ended = chunk.next, chunk.ended
        return needed


def _inlets(stage: StageDeclaration) -> Iterator[str]:
    yield stage.source
    yield from stage.retry_topics
    yield stage.held
