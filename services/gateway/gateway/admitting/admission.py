"""A valid submission becomes a job: claimed by its key, stored, published, answered."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Final

from gateway.admitting.idempotency import Admitted, Claims, once
from gateway.admitting.links import links
from gateway.admitting.publisher import NotTaken, Position, Publisher, RecordTooLarge
from gateway.receiving.submission import Submission
from headway.base.errors import StoreUnavailable
from headway.edges.objectstore import ObjectStore
from headway.wire.codec import Codec
from headway.wire.envelope import FIRST_ATTEMPT
from headway.wire.identity import job_id_beside

logger = logging.getLogger(__name__)

_RECORD: Final = "job-submitted"
_QUEUED: Final = "QUEUED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """The way in; `new_id` makes a name that nothing ever had.

    *partitions* are those of the topic: jobs of one order key get ids that fall into one of them.
    """

    publisher: Publisher
    store: ObjectStore
    codec: Codec
    claims: Claims
    new_id: Callable[[], str]
    partitions: int
    inline_limit_bytes: int
    status_url: str

    async def admit(self, submission: Submission, key: str | None) -> Admitted:
        """Take *submission* in, once for every repetition with the same *key*.

        Raises:
            Refusal: the key belongs to another submission, or is being worked on.
            TransientError: store or Kafka failed; the key, if any, may be used again at once.
            RecordTooLarge: Kafka takes not even the record that says where the file lies.
        """
        if key is None:
            return Admitted(
                await self._take_in(self._job_id(submission), submission), replayed=False
            )
        # Hashing the largest file would hold the loop up, and everybody else with it.
        fingerprint = await asyncio.to_thread(submission.fingerprint)
        return await once(
            self.claims,
            key,
            fingerprint=fingerprint,
            job_id=self._job_id(submission),
            work=lambda job_id: self._take_in(job_id, submission),
        )

    def _job_id(self, submission: Submission) -> str:
        if submission.order_key is None:
            return self.new_id()
        return job_id_beside(submission.order_key, self.partitions, self.new_id)

    async def _take_in(self, job_id: str, submission: Submission) -> dict[str, Any]:
        """Publish *submission*; its content in the record, or in the store if it does not fit."""
        content = submission.content
        if content.size_bytes <= self.inline_limit_bytes:
            # What fits depends on title and framing too, and on what the cluster says.
            with contextlib.suppress(RecordTooLarge):
                # Read on the loop: so little never went to the disk, its spool holds it in memory.
                inline = ("headway.Inline", {"content": content.read()})
                return await self._publish(job_id, submission, inline)
        async with self._stored(job_id, submission) as key:
            reference = {"key": key, "size_bytes": content.size_bytes}
            return await self._publish(job_id, submission, ("headway.Reference", reference))

    @contextlib.asynccontextmanager
    async def _stored(self, job_id: str, submission: Submission) -> AsyncIterator[str]:
        """The key of the content in the store; gone again if its record is certainly not taken.

        Where that is unknown it stays, for the record may be read. So each upload has a key of its
        own: none takes away, or writes over, what another one's record names.
        """
        key = f"uploads/{job_id}/{self.new_id()}/source.csv"
        await asyncio.to_thread(submission.content.put, self.store, key)
        try:
            yield key
        except (NotTaken, RecordTooLarge):
            try:
                await asyncio.to_thread(self.store.delete, key)
            except StoreUnavailable:
                logger.warning("upload.left_behind", extra={"key": key}, exc_info=True)
            raise

    async def _publish(
        self, job_id: str, submission: Submission, source: tuple[str, dict[str, Any]]
    ) -> dict[str, Any]:
        """*source* is the union's branch by name, as fastavro takes it."""
        record = {
            "job_id": job_id,
            "attempt": FIRST_ATTEMPT,
            "order_key": submission.order_key,
            "tags": list(submission.tags),
            "not_before": submission.not_before,
            "title": submission.title,
            "delimiter": submission.delimiter,
            "source": source,
        }
        position = await self.publisher.publish(job_id, self.codec.encode(_RECORD, record))
        return self._answer(job_id, position)

    def _answer(self, job_id: str, position: Position) -> dict[str, Any]:
        """What the user gets; `after` lets a read wait until it sees this submission."""
        after = f"{position.partition}:{position.offset}"
        return {
            "job_id": job_id,
            "status": _QUEUED,
            "position": position._asdict(),
            "links": links(self.status_url, job_id, after=after),
        }
