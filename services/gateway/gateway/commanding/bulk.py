"""Retries of many jobs, a page at a time: the cursor resumes, and equal commands are one."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from gateway.admitting.publisher import NotTaken, OutcomeUnknown, PlacingPublisher
from gateway.commanding.commander import BY
from gateway.commanding.statusservice import StatusService
from gateway.commanding.targets import Target, failure_of
from gateway.commanding.wish import BulkWish
from gateway.receiving.refusals import Kind, Refusal, invalid
from headway.serving.problem import Fault
from headway.wire.commands import RETRY, Command, CommandRecords, retry_id

#: Questions to the status service that are open at once for one request.
_QUESTIONS: Final = 8
#: As the stage would say: its record lies in the object store, for no letter could carry it.
_TOO_LARGE: Final = "Its record is too large to be sent back: submit it anew."
_IDS_CURSOR: Final = "ids:"


class Letter(NamedTuple):
    """A job that is to be retried, and what is told of it."""

    job_id: str
    target: Target
    error_class: str

    @property
    def command_id(self) -> str:
        """The same whenever the same failure is retried in bulk."""
        return retry_id(self.job_id, self.target.attempt, self.target.stage)

    def told(self) -> dict[str, Any]:
        return {
            "job_id": self.job_id,
            "attempt": self.target.attempt,
            "stage": self.target.stage,
            "error_class": self.error_class,
            "command_id": self.command_id,
        }


@dataclass(slots=True)
class _Page:
    """*matched* is how many there are in all, as far as is known now."""

    matched: int
    next_cursor: str | None
    letters: list[Letter] = field(default_factory=list)
    skipped: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk:
    """The way of many retries."""

    publisher: PlacingPublisher
    status: StatusService
    records: CommandRecords
    failed: str

    async def page(self, wish: BulkWish) -> dict[str, Any]:
        """Command the page that *wish* is of, unless it is a dry run; what the client is told.

        Raises:
            Refusal: status refuses or is away; or not all commands were acknowledged, and the
                same page has to be asked for again.
        """
        found = await (self._of_ids(wish) if wish.job_ids else self._of_filter(wish))
        if not wish.dry_run:
            await self._command(found.letters)
        return {
            "matched": found.matched,
            "commanded": 0 if wish.dry_run else len(found.letters),
            "dry_run": wish.dry_run,
            "items": [letter.told() for letter in found.letters],
            "skipped": found.skipped,
            "next_cursor": found.next_cursor,
        }

    async def _of_filter(self, wish: BulkWish) -> _Page:
        where = {**wish.where, "limit": str(wish.limit)}
        answer = await self.status.letters(where | ({"cursor": wish.cursor} if wish.cursor else {}))
        page = _Page(answer["total"], answer["next_cursor"])
        for item in answer["items"]:
            if item.get("claim"):
                page.skipped.append({"job_id": item["job_id"], "reason": _TOO_LARGE})
            else:
                page.letters.append(_letter(item))
        return page

    async def _of_ids(self, wish: BulkWish) -> _Page:
        """Jobs that somebody chose: whether the same input may succeed is left to them."""
        ids = tuple(dict.fromkeys(wish.job_ids))
        first = _first(wish.cursor, len(ids))
        end = first + wish.limit
        page = _Page(len(ids), f"{_IDS_CURSOR}{end}" if end < len(ids) else None)
        room = asyncio.Semaphore(_QUESTIONS)

        async def look(job_id: str) -> Letter | Refusal:
            async with room:
                return await self._chosen(job_id, wish.where)

        for job_id, found in zip(
            ids[first:end], await asyncio.gather(*map(look, ids[first:end])), strict=True
        ):
            if isinstance(found, Letter):
                page.letters.append(found)
            else:
                page.skipped.append({"job_id": job_id, "reason": found.detail})
        return page

    async def _chosen(self, job_id: str, where: Mapping[str, str]) -> Letter | Refusal:
        try:
            job = await self.status.job(job_id)
            target = failure_of(job, self.failed)
        except Refusal as refusal:
            if refusal.kind in {Kind.JOB_UNKNOWN, Kind.COMMAND_UNFIT}:
                return refusal
            raise
        error_class = job["error"]["error_class"]
        told = {"stage": target.stage, "error_class": error_class}
        if any(told.get(name, wanted) != wanted for name, wanted in where.items()):
            detail = f"Job {job_id} failed in {target.stage} by {error_class}."
            return Refusal(Kind.COMMAND_UNFIT, detail)
        return Letter(job_id, target, error_class)

    async def _command(self, letters: Sequence[Letter]) -> None:
        """Write them all together, and wait for every acknowledgement."""
        ends = await asyncio.gather(*map(self._publish, letters), return_exceptions=True)
        faults = [end for end in ends if isinstance(end, BaseException)]
        for fault in faults:
            if not isinstance(fault, NotTaken | OutcomeUnknown):
                raise fault
        if faults:
            detail = (
                f"{len(letters) - len(faults)} of {len(letters)} commands were acknowledged "
                f"({faults[0]}). Send the same request with the same cursor again: a command that "
                "was taken already changes nothing a second time."
            )
            raise Refusal(Kind.COMMANDS_INCOMPLETE, detail, headers={"Retry-After": "5"})

    async def _publish(self, letter: Letter) -> None:
        target = letter.target
        command = Command(letter.command_id, RETRY, letter.job_id, target.attempt, target.stage, BY)
        value = self.records.command(command)
        await self.publisher.publish(letter.job_id, value, partition=target.partition)


def _letter(item: Mapping[str, Any]) -> Letter:
    target = Target(item["attempt"], item["stage"], item["partition"])
    return Letter(item["job_id"], target, item["error_class"])


def _first(cursor: str | None, count: int) -> int:
    number = (cursor or f"{_IDS_CURSOR}0").removeprefix(_IDS_CURSOR)
    if not (number.isascii() and number.isdigit() and len(number) < 6 and int(number) <= count):  # noqa: PLR2004 - digits
        fault = Fault("cursor", "is none that this filter was answered with")
        raise invalid([fault], Kind.COMMAND_INVALID)
    return int(number)
