"""Routes that tell of dead letters."""

import re
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from headway.base.errors import TransientError
from headway.edges import kafka
from status.answers.refusal import Refusal
from status.answers.tablereads import TableReads
from status.answers.views import JsonObject, to_json
from status.http.letterparams import selection_in
from status.letters.letter import Letters
from status.letters.listing import Cursor, Desk, Selection, Shown
from status.letters.view import item, summary, whole

T = TypeVar("T")

#: Each has a client and a thread of its own, for up to ten seconds.
_READERS_OF_KAFKA: Final = 2
_LATER: Final = {"Retry-After": "5"}
_MOST_OFFSET: Final = 2**63 - 1
_NUMBER: Final = re.compile(r"[0-9]{1,19}")

#: Reads a record of a topic from Kafka; None if there is none.
ReadAt = Callable[[str, int, int], kafka.Message | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterRoutes:
    """*topics* are the dead-letter topics as the cluster calls them, by that and by their names."""

    reads: TableReads
    desk: Desk
    letters: Letters
    topics: Mapping[str, str]
    read_at: ReadAt
    _limiter: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(_READERS_OF_KAFKA))

    def routes(self) -> list[Route]:
        return [
            Route("/dead-letters", self.list),
            Route("/dead-letters/summary", self.summary),
            Route("/dead-letters/{topic}/{partition}/{offset}", self.detail),
        ]

    async def list(self, request: Request) -> Response:
        selection = selection_in(request.query_params)
        return _json(await self._ask(request, lambda: self._page(selection)))

    async def summary(self, request: Request) -> Response:
        return _json(await self._ask(request, lambda: summary(self.desk.summary())))

    async def detail(self, request: Request) -> Response:
        place = self._place(request)
        await self.reads.wait(request)
        try:
            message = await to_thread.run_sync(self.read_at, *place, limiter=self._limiter)
        except (kafka.KafkaException, TransientError) as error:
            detail = f"Kafka does not answer: {kafka.describe(error)}"
            raise Refusal(503, "Not available", detail, headers=_LATER) from error
        if message is None:
            raise _unknown(*place)
        letter = self.letters.of(message)
        if await self._look(request, lambda: self.desk.is_forgotten(letter)):
            raise _unknown(*place)
        again = await self._look(request, lambda: self.desk.retry_available(letter))
        return _json(whole(Shown(letter, again), message))

    async def _ask(self, request: Request, ask: Callable[[], JsonObject]) -> JsonObject:
        await self.reads.wait(request)
        if not await self._look(request, lambda: self.desk.complete):
            raise Refusal.too_early("The list of dead letters is being read from Kafka.")
        return await self._look(request, ask)

    async def _look(self, request: Request, ask: Callable[[], T]) -> T:
        """What the files say; those that are made anew just now say nothing."""
        try:
            found = await to_thread.run_sync(ask)
        except sqlite3.Error as error:
            raise Refusal.too_early("The list of dead letters is being made anew.") from error
        await self.reads.wait(request)
        return found

    def _page(self, selection: Selection) -> JsonObject:
        page = self.desk.page(selection)
        last = page.letters[-1].letter if page.more else None
        return {
            "items": [item(shown) for shown in page.letters],
            "total": page.total,
            "next_cursor": str(Cursor.after(last)) if last else None,
        }

    def _place(self, request: Request) -> tuple[str, int, int]:
        told = request.path_params
        numbers = told["partition"], told["offset"]
        topic = self.topics.get(told["topic"])
        if topic is None or not all(_NUMBER.fullmatch(number) for number in numbers):
            raise _unknown(told["topic"], *numbers)
        partition, offset = map(int, numbers)
        if partition >= self.reads.table.partitions or offset > _MOST_OFFSET:
            raise _unknown(topic, partition, offset)
        return topic, partition, offset


def _unknown(topic: str, partition: int | str, offset: int | str) -> Refusal:
    place = f"{topic}/{partition}/{offset}"
    return Refusal(404, "Unknown dead letter", f"There is no dead letter {place!r}, or no longer.")


def _json(content: JsonObject) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(to_json(content), media_type="application/json", headers=headers)
