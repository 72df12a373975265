"""A valid submission becomes a job: claimed by its key, stored, published, answered."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from gateway.idempotency import Claims
from gateway.publisher import Position, Publisher
from gateway.submission import Submission
from headway.codec import Codec
from headway.errors import StoreUnavailable, TransientError
from headway.objectstore import ObjectStore

logger = logging.getLogger(__name__)

_RECORD: Final = "job-submitted"
_QUEUED: Final = "QUEUED"


@dataclass(frozen=True, slots=True)
class Admitted:
    """The answer's body, and whether it was given before."""

    answer: dict[str, Any]
    replayed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """The way in; `new_job_id` makes a name no job ever had."""

    publisher: Publisher
    store: ObjectStore
    codec: Codec
    claims: Claims
    new_job_id: Callable[[], str]
    inline_limit_bytes: int
    status_url: str

    async def admit(self, submission: Submission, key: str | None) -> Admitted:
        """Take *submission* in, once for every repetition with the same *key*.

        Raises:
            Refusal: the key belongs to another submission, or is being worked on.
            TransientError: store or Kafka failed; the key, if any, may be used again at once.
        """
        if key is None:
            return Admitted(await self._take_in(self.new_job_id(), submission), replayed=False)
        fingerprint = await asyncio.to_thread(submission.fingerprint)
        claim = await asyncio.to_thread(
            self.claims.take,
            key,
            fingerprint=fingerprint,
            job_id=self.new_job_id(),
        )
        if claim.accepted is not None:
            return Admitted(claim.accepted, replayed=True)
        try:
            answer = await self._take_in(claim.job_id, submission)
        except TransientError:
            with contextlib.suppress(StoreUnavailable):
                await asyncio.to_thread(self.claims.release, claim)
            raise
        try:
            await asyncio.to_thread(self.claims.settle, claim, answer)
        except StoreUnavailable:
            # The job is in; a repetition publishes it again, and the first stage drops that.
            logger.warning("claim.not_settled", extra={"job_id": claim.job_id}, exc_info=True)
        return Admitted(answer, replayed=False)

    async def _take_in(self, job_id: str, submission: Submission) -> dict[str, Any]:
        record = {
            "job_id": job_id,
            "title": submission.title,
            "delimiter": submission.delimiter,
            "source": await self._source(job_id, submission),
        }
        value = self.codec.encode(_RECORD, record)
        position = await self.publisher.publish(job_id, value)
        return self._answer(job_id, position)

    async def _source(self, job_id: str, submission: Submission) -> tuple[str, dict[str, Any]]:
        """The union's branch by name, as fastavro takes it."""
        content = submission.content
        if content.size_bytes <= self.inline_limit_bytes:
            return "headway.Inline", {"content": content.read()}
        key = f"uploads/{job_id}/source.csv"
        await asyncio.to_thread(content.put, self.store, key)
        return "headway.Reference", {"key": key, "size_bytes": content.size_bytes}

    def _answer(self, job_id: str, position: Position) -> dict[str, Any]:
        """What the user gets; `after` lets a read wait until it sees this submission."""
        base = self.status_url.rstrip("/")
        after = f"after={position.partition}:{position.offset}"
        return {
            "job_id": job_id,
            "status": _QUEUED,
            "position": position._asdict(),
            "links": {
                "job": f"{base}/jobs/{job_id}?{after}",
                "status": f"{base}/jobs/{job_id}/status?{after}",
                "events": f"{base}/jobs/{job_id}/events",
                "dashboard": f"{base}/#/jobs/{job_id}",
            },
        }
