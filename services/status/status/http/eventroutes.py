"""Routes that tell of jobs as they move."""

import functools
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp

from status.answers.refusal import Refusal
from status.answers.tablereads import TableReads
from status.events.feed import Feeds
from status.events.hub import Hub
from status.events.stream import EventStream

_LATER: Final = {"Retry-After": "5"}


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRoutes:
    reads: TableReads
    feeds: Feeds
    hub: Hub
    most_clients: int

    def routes(self) -> list[Route]:
        return [
            Route("/events", self.all_jobs),
            Route("/jobs/{job_id}/events", self.one_job),
        ]

    async def all_jobs(self, request: Request) -> ASGIApp:
        self._admit()
        feed = functools.partial(self.feeds.all_jobs, last_id=_last_id(request))
        return EventStream(self.hub.connect, feed)

    async def one_job(self, request: Request) -> ASGIApp:
        self._admit()  # before the table is asked: whoever is refused costs nothing
        job_id: str = request.path_params["job_id"]
        try:
            await self.reads.job(request)
        except Refusal as refusal:
            # What is not known yet is awaited: a browser would take a refusal for final.
            if not refusal.passing:
                raise
        feed = functools.partial(self.feeds.one_job, job_id=job_id, last_id=_last_id(request))
        return EventStream(functools.partial(self.hub.connect, job_id), feed)

    def _admit(self) -> None:
        if len(self.hub) >= self.most_clients:
            detail = f"{self.most_clients} readers of events are connected, which is the limit."
            raise Refusal(503, "Too many readers", detail, headers=_LATER)


def _last_id(request: Request) -> str | None:
    """The header wins: a browser that reconnects sends it with the address it first used."""
    return request.headers.get("last-event-id") or request.query_params.get("last_event_id")
