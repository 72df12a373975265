"""Routes that tell of jobs."""

from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from status.answers.listing import Cursor, Selection
from status.answers.params import selection_in
from status.answers.query import Snapshot
from status.answers.tablereads import TableReads
from status.answers.views import JsonObject, Views, to_json


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRoutes:
    reads: TableReads
    views: Views
    statuses: tuple[str, ...]

    def routes(self) -> list[Route]:
        return [
            Route("/jobs", self.list),
            Route("/jobs/{job_id}", self.detail),
            Route("/jobs/{job_id}/status", self.status),
        ]

    async def list(self, request: Request) -> Response:
        selection = selection_in(request.query_params, self.statuses)

        def page(snapshot: Snapshot) -> JsonObject:
            return self._page(snapshot, selection)

        return _json(await self.reads.read(request, page))

    async def detail(self, request: Request) -> Response:
        return _json(self.views.detail(await self.reads.job(request)))

    async def status(self, request: Request) -> Response:
        return _json(self.views.status(await self.reads.job(request)))

    def _page(self, snapshot: Snapshot, selection: Selection) -> JsonObject:
        """One page; an event stream opened with its `position` misses nothing that follows."""
        found = replace(selection, limit=selection.limit + 1).of(snapshot)
        jobs = found[: selection.limit]
        more = len(found) > len(jobs)
        return {
            "jobs": [self.views.summary(job) for job in jobs],
            "next": str(Cursor.after(jobs[-1])) if more else None,
            "position": str(snapshot.position),
            "counts": snapshot.counts(),
        }


def _json(content: JsonObject) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(to_json(content), media_type="application/json", headers=headers)
