"""One command: what is missing is asked of the status service, then it is a record."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from gateway.admitting.idempotency import Admitted, Claims, once
from gateway.admitting.links import links
from gateway.admitting.publisher import PlacingPublisher
from gateway.commanding.statusservice import StatusService
from gateway.commanding.targets import Target, target_of
from gateway.commanding.wish import Wish
from gateway.receiving.refusals import Kind, Refusal
from headway.wire.commands import MOST_ID_CHARACTERS, Command, CommandRecords

#: Who commands, as people read it.
BY: Final = "gateway"


@dataclass(frozen=True, slots=True, kw_only=True)
class Commander:
    """The way of one command; `failed` and `scheduled` are the pipeline's names of these."""

    publisher: PlacingPublisher
    status: StatusService
    claims: Claims
    records: CommandRecords
    new_id: Callable[[], str]
    failed: str
    scheduled: str
    status_url: str

    async def command(self, wish: Wish, key: str | None) -> Admitted:
        """Write what is wished, once for every repetition with the same *key*.

        Raises:
            Refusal: the job is in no state for it, status cannot say, or the key is taken.
            TransientError: store or Kafka failed.
        """
        if key is None:
            return Admitted(await self._write(wish, self.new_id()), replayed=False)
        if len(key) > MOST_ID_CHARACTERS:
            detail = f"The key names the command: at most {MOST_ID_CHARACTERS} characters."
            raise Refusal(Kind.IDEMPOTENCY_KEY_MALFORMED, detail)
        return await once(
            self.claims,
            key,
            fingerprint=wish.fingerprint(),
            job_id=wish.job_id,
            work=lambda _: self._write(wish, key),
        )

    async def _write(self, wish: Wish, command_id: str) -> dict[str, Any]:
        target = await self._target(wish)
        command = Command(
            command_id,
            wish.kind,
            wish.job_id,
            target.attempt,
            target.stage,
            BY,
            wish.from_stage,
            target.state_offset,
        )
        value = self.records.command(command)
        position = await self.publisher.publish(wish.job_id, value, partition=target.partition)
        return {
            "command_id": command_id,
            "kind": wish.kind,
            "job_id": wish.job_id,
            "attempt": target.attempt,
            **({"stage": target.stage} if target.stage else {}),
            **({"from": wish.from_stage} if wish.from_stage else {}),
            "position": position._asdict(),
            "links": links(self.status_url, wish.job_id),
        }

    async def _target(self, wish: Wish) -> Target:
        if wish.says_all:
            return Target(wish.attempt or 0, wish.stage or "")
        return target_of(wish, await self.status.job(wish.job_id), self.failed, self.scheduled)
