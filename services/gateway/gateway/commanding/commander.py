"""One command: what is missing is asked of the status service, then it is a record."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from gateway.admitting.idempotency import Admitted, Claims, once
from gateway.admitting.links import links
from gateway.admitting.publisher import PlacingPublisher
from gateway.commanding.statusservice import StatusService
from gateway.commanding.wish import Wish
from gateway.receiving.refusals import Kind, Refusal
from headway.wire.commands import MOST_ID_CHARACTERS, RETRY, Command, CommandRecords

#: Who commands, as people read it.
BY: Final = "gateway"


class Target(NamedTuple):
    """What a command names; *partition* is the job's own where status tells it."""

    attempt: int
    stage: str = ""
    partition: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Commander:
    """The way of one command; `failed` is the pipeline's name of that status."""

    publisher: PlacingPublisher
    status: StatusService
    claims: Claims
    records: CommandRecords
    new_id: Callable[[], str]
    failed: str
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
        command = Command(command_id, wish.kind, wish.job_id, target.attempt, target.stage, BY)
        value = self.records.command(command)
        position = await self.publisher.publish(wish.job_id, value, partition=target.partition)
        return {
            "command_id": command_id,
            "kind": wish.kind,
            "job_id": wish.job_id,
            "attempt": target.attempt,
            **({"stage": target.stage} if target.stage else {}),
            "position": position._asdict(),
            "links": links(self.status_url, wish.job_id),
        }

    async def _target(self, wish: Wish) -> Target:
        if wish.attempt is not None and (wish.stage is not None or wish.kind != RETRY):
            return Target(wish.attempt, wish.stage or "")
        job = await self.status.job(wish.job_id)
        if wish.kind == RETRY:
            return _agreeing(wish, failure_of(job, self.failed))
        if job["terminal"]:
            raise _unfit(wish.job_id, f"is {job['status']}: there is nothing left to cancel")
        return Target(job["attempt"])


def failure_of(job: Mapping[str, Any], failed: str) -> Target:
    """What a retry of *job* names, as status shows it.

    Raises:
        Refusal: it is in no state to be retried.
    """
    error = job.get("error")
    if job["status"] != failed or not error:
        raise _unfit(job["job_id"], f"is {job['status']}: only one that failed is retried")
    letter = error.get("dead_letter")
    return Target(job["attempt"], error["stage"], letter["partition"] if letter else None)


def _agreeing(wish: Wish, found: Target) -> Target:
    """*found*, if it is what the wish says as far as it says anything."""
    if wish.attempt not in {None, found.attempt}:
        raise _unfit(wish.job_id, f"is at attempt {found.attempt}, not {wish.attempt}")
    if wish.stage not in {None, found.stage}:
        raise _unfit(wish.job_id, f"failed in stage {found.stage}, not {wish.stage}")
    return found


def _unfit(job_id: str, words: str) -> Refusal:
    return Refusal(Kind.COMMAND_UNFIT, f"Job {job_id} {words}.")
