"""Idempotency-Key, as the IETF's draft has it, for any number of replicas without a database.

A key is claimed by creating an object under its hash, which the object store lets exactly one
caller do. The claim names the job_id, so whoever has to repeat an interrupted submission repeats
it under the same job_id, and the first stage drops what it has seen. Hence a claim need not be
exact to be safe: if two replicas hold one at once, one job comes of it.
"""

import asyncio
import contextlib
import hashlib
import json
import logging
import math
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from starlette.datastructures import Headers

from gateway.admitting.publisher import RecordTooLarge
from gateway.receiving.refusals import Kind, Refusal
from headway.base.clock import Clock
from headway.base.errors import ObjectNotFound, StoreUnavailable, TransientError
from headway.edges.objectstore import ObjectStore

logger = logging.getLogger(__name__)

HEADER: Final = "Idempotency-Key"
_MOST_CHARACTERS: Final = 255


@dataclass(frozen=True, slots=True)
class Claim:
    """One key's claim; `accepted` is the answer it led to, None until there is one."""

    key: str
    fingerprint: str
    job_id: str
    claimed_at: int
    accepted: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Admitted:
    """The answer's body, and whether it was given before."""

    answer: dict[str, Any]
    replayed: bool


def key_in(headers: Headers, *, required: bool) -> str | None:
    """The request's key; quoted, as the draft writes it, and bare are the same.

    Raises:
        Refusal: it is malformed, or missing where *required*.
    """
    given = headers.getlist(HEADER)
    if not given:
        if required:
            detail = f"Send the header {HEADER} with a value of your own, such as a UUID."
            raise Refusal(Kind.IDEMPOTENCY_KEY_MISSING, detail)
        return None
    key = given[0].strip()
    if len(key) > 1 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if len(given) > 1 or not 0 < len(key) <= _MOST_CHARACTERS or not _visible(key):
        detail = f"{HEADER} is sent once, with 1 to {_MOST_CHARACTERS} visible ASCII characters."
        raise Refusal(Kind.IDEMPOTENCY_KEY_MALFORMED, detail)
    return key


class Claims:
    """All replicas' claims; every method blocks on the store and may raise StoreUnavailable."""

    def __init__(self, store: ObjectStore, *, clock: Clock, claim_seconds: int) -> None:
        self._store = store
        self._clock = clock
        self._claim_ms = claim_seconds * 1000

    def take(self, key: str, *, fingerprint: str, job_id: str) -> Claim:
        """A claim to act on, or one with its answer `accepted`; *job_id* is for a new one.

        Raises:
            Refusal: the key belongs to another submission, or is being worked on.
        """
        fresh = Claim(key, fingerprint, job_id, self._clock.now_ms())
        while not self._store.create(_object(key), _encoded(fresh)):
            try:
                held = Claim(**json.loads(self._store.get_bytes(_object(key))))
            except ObjectNotFound:  # expired between the two calls: it is free again
                continue
            return self._judged(held, fresh)
        return fresh

    def settle(self, claim: Claim, accepted: dict[str, Any]) -> None:
        """Repetitions get *accepted* from now on."""
        self._write(replace(claim, accepted=accepted))
        # By it whoever forgets the job finds the claim; lost, the claim stays until the store's
        # own rules remove it.
        self._store.put_bytes(_of_job(claim), b"")

    def release(self, claim: Claim) -> None:
        """The next repetition need not wait; it still gets the same job_id."""
        self._write(replace(claim, claimed_at=0))

    def _judged(self, held: Claim, fresh: Claim) -> Claim:
        if held.fingerprint != fresh.fingerprint:
            detail = f"{HEADER} {held.key!r} came with another request before."
            raise Refusal(Kind.IDEMPOTENCY_KEY_REUSED, detail + " Use a new key.")
        if held.accepted is not None:
            return held
        left_ms = held.claimed_at + self._claim_ms - fresh.claimed_at
        if left_ms > 0:
            detail = f"A request with {HEADER} {held.key!r} is being worked on; repeat it later."
            headers = {"Retry-After": str(math.ceil(left_ms / 1000))}
            raise Refusal(Kind.IDEMPOTENCY_KEY_IN_USE, detail, headers=headers)
        taken_over = replace(held, claimed_at=fresh.claimed_at)
        # Unconditionally: who takes it over at the same moment has the same job_id.
        self._write(taken_over)
        return taken_over

    def _write(self, claim: Claim) -> None:
        self._store.put_bytes(_object(claim.key), _encoded(claim))


async def once(
    claims: Claims,
    key: str,
    *,
    fingerprint: str,
    job_id: str,
    work: Callable[[str], Awaitable[dict[str, Any]]],
) -> Admitted:
    """What *work* answers for the job_id that *key* stands for, once for every repetition.

    Raises:
        Refusal: the key belongs to another request, or is being worked on; or *work* refuses.
        TransientError, RecordTooLarge: *work* or the store failed; the key may be used again at
            once.
    """
    claim = await asyncio.to_thread(claims.take, key, fingerprint=fingerprint, job_id=job_id)
    if claim.accepted is not None:
        return Admitted(claim.accepted, replayed=True)
    try:
        answer = await work(claim.job_id)
    except (TransientError, RecordTooLarge, Refusal):
        # Not released, the claim holds the key only until its time is up.
        with contextlib.suppress(StoreUnavailable):
            await asyncio.to_thread(claims.release, claim)
        raise
    try:
        await asyncio.to_thread(claims.settle, claim, answer)
    except StoreUnavailable:
        # It is in; a repetition publishes it again, and a stage drops that.
        logger.warning("claim.not_settled", extra={"job_id": claim.job_id}, exc_info=True)
    return Admitted(answer, replayed=False)


def _visible(key: str) -> bool:
    return key.isascii() and key.isprintable()


def _object(key: str) -> str:
    return f"idempotency/{_name(key)}"


def _of_job(claim: Claim) -> str:
    return f"idempotency-of/{claim.job_id}/{_name(claim.key)}"


def _name(key: str) -> str:
    # A key may hold what an object's name may not: slashes, dots, anything visible.
    return hashlib.sha256(key.encode()).hexdigest()


def _encoded(claim: Claim) -> bytes:
    return json.dumps(asdict(claim)).encode()
