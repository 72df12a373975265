"""Claim checks: what no dead letter can carry lies in the object store before the letter is said.

A worker puts it there, so the loop waits for nothing. While the store is away the worker tries
again, for some 15 s and no longer: the other jobs of a stage do not wait for one bad record. Then
the letter goes without: nothing is lost by that, since it names the record's place in the source
topic, and the record stays there as long as that topic keeps what is done.
"""

import hashlib
import logging
from collections.abc import Callable
from functools import cached_property
from typing import Final

from headway.base.errors import Abandoned
from headway.base.words import message_of
from headway.declared.retry import GiveUp, RetryPolicy
from headway.edges.objectstore import ObjectStore
from headway.observing import metrics
from headway.outcomes.deadletter import Claim, oversized
from headway.taking.task import Task

logger = logging.getLogger(__name__)

#: 0.5 + 1 + 2 + 4 + 8 s: outlasts a failover of the store, and holds one worker for no longer.
PATIENCE: Final = RetryPolicy(calls=6, first_seconds=0.5, longest_seconds=8.0)


class Claims:
    """Lays oversized parts of given-up records down in the store, for one stage.

    The same record gives the same keys, so a stage that does it twice does it once. Shared by
    the workers; the store is opened when it is first needed.
    """

    def __init__(
        self,
        stage: str,
        open_store: Callable[[], ObjectStore],
        *,
        patience: RetryPolicy = PATIENCE,
    ) -> None:
        self._stage = stage
        self._open_store = open_store
        self._patience = patience
        self._stored = metrics.CLAIMS.labels(stage, "stored")
        self._missing = metrics.CLAIMS.labels(stage, "missing")

    def of(self, task: Task, pause: Callable[[float], bool]) -> tuple[Claim, ...]:
        """Where the parts of *task*'s record lie that its letter cannot carry; blocks.

        A part is left out if the store does not take it. *pause* waits, and is true if the work
        is not ours any more.

        Raises:
            Abandoned: *pause* said so.
        """
        parts = oversized(task.message).items()
        claims = (self._laid_down(task, part, data, pause) for part, data in parts)
        return tuple(claim for claim in claims if claim is not None)

    @cached_property
    def _store(self) -> ObjectStore:
        return self._open_store()

    def _laid_down(
        self, task: Task, part: str, data: bytes, pause: Callable[[float], bool]
    ) -> Claim | None:
        key = self._key(task, part)
        told: dict[str, object] = {"key": key, "size_bytes": len(data)}
        for call in range(1, self._patience.calls + 1):
            try:
                self._store.put_bytes(key, data)
            except BaseException as error:
                answer = self._patience.answer(error, call)
                why = {"call": call, "error": message_of(error)}
                logger.warning("claim.delayed", extra=told | why)
                if isinstance(answer, GiveUp):
                    break
                if pause(answer.pause_seconds):
                    raise Abandoned(f"offset {task.offset} is not ours any more") from error
            else:
                self._stored.inc()
                logger.info("claim.stored", extra=told)
                return Claim(part, key, len(data), hashlib.sha256(data).hexdigest())
        self._missing.inc()
        logger.error("claim.missing", extra=told)
        return None

    def _key(self, task: Task, part: str) -> str:
        place = f"{task.message.topic()}-{task.message.partition()}-{task.offset}"
        suffix = "" if part == "value" else f".{part}"
        return f"dead-letters/{self._stage}/{place}{suffix}"
