"""One command to a rule of the schedules, written to every lane and acknowledged by all."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.admitting.idempotency import Admitted, Claims, once
from gateway.admitting.publisher import NotTaken, OutcomeUnknown, PlacingPublisher
from gateway.commanding.commander import BY
from gateway.commanding.statusservice import StatusService
from gateway.receiving.refusals import Kind, Refusal
from headway.base.clock import Clock
from headway.wire.codec import Codec
from headway.wire.commands import MOST_ID_CHARACTERS
from headway.wire.schedules.asked import ScheduleCommand


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """The way of one command; *partitions* are the lanes."""

    publisher: PlacingPublisher
    status: StatusService
    claims: Claims
    codec: Codec
    clock: Clock
    new_id: Callable[[], str]
    partitions: int
    status_url: str

    async def ask(self, rule: str, kind: str, key: str | None) -> Admitted:
        """Write the command, once for every repetition with the same *key*.

        Raises:
            Refusal: the status service knows rules, and none of that name; the key is taken; or
                not all lanes were told, and the same has to be asked again.
            TransientError: the store of keys failed.
        """
        if key is None:
            return Admitted(await self._write(rule, kind, self.new_id()), replayed=False)
        if len(key) > MOST_ID_CHARACTERS:
            detail = f"The key names the command: at most {MOST_ID_CHARACTERS} characters."
            raise Refusal(Kind.IDEMPOTENCY_KEY_MALFORMED, detail)
        return await once(
            self.claims,
            key,
            fingerprint=f"schedules/{rule}/{kind}",
            job_id=key,
            work=lambda _: self._write(rule, kind, key),
        )

    async def _write(self, rule: str, kind: str, command_id: str) -> dict[str, Any]:
        await self._require_known(rule)
        command = ScheduleCommand(command_id, rule, kind, BY, self.clock.now_ms())
        value = command.encoded(self.codec)
        lanes = range(self.partitions)
        writing = (self.publisher.publish(rule, value, partition=lane) for lane in lanes)
        ends = await asyncio.gather(*writing, return_exceptions=True)
        self._require_all(ends)
        return {
            "command_id": command_id,
            "rule": rule,
            "kind": kind,
            "links": {"schedules": f"{self.status_url.rstrip('/')}/schedules"},
        }

    async def _require_known(self, rule: str) -> None:
        """A name nobody knows is refused; while nobody can say, the scheduler is left to judge."""
        try:
            known = await self.status.rules()
        except Refusal:
            return
        if rule not in known:
            told = f"There are {', '.join(sorted(known))}." if known else "There is none yet."
            raise Refusal(Kind.RULE_UNKNOWN, f"No rule is called {rule[:100]!r}. {told}")

    def _require_all(self, ends: list[Any]) -> None:
        faults = [end for end in ends if isinstance(end, BaseException)]
        for fault in faults:
            if not isinstance(fault, NotTaken | OutcomeUnknown):
                raise fault
        if len(faults) == len(ends) and all(isinstance(fault, NotTaken) for fault in faults):
            raise faults[0]
        if faults:
            detail = (
                f"{len(ends) - len(faults)} of {len(ends)} lanes were told ({faults[0]}). Send the "
                "same request again: a lane that was told already does nothing a second time, if "
                "both came with the same Idempotency-Key."
            )
            raise Refusal(Kind.COMMANDS_INCOMPLETE, detail, headers={"Retry-After": "5"})
