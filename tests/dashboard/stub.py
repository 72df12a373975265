"""A gateway and a status service in one process that speak the HTTP API, for the page's tests."""

import asyncio
import json
import mimetypes
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.board import Board, sse
from dashboard.flow.meter import Meter
from dashboard.letters.desk import Desk
from dashboard.letters.mailroom import Mailroom
from dashboard.schedules.planner import Planner
from headway.declared.pipeline import Pipeline

STATIC: Final = Path(__file__).parents[2] / "services" / "status" / "status" / "static"
_PREFLIGHT: Final = {
    "access-control-allow-methods": "POST",
    "access-control-allow-headers": "content-type, idempotency-key",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it came in."""

    path: str
    query: dict[str, str]
    last_event_id: str | None
    idempotency_key: str | None


@dataclass
class Stub:
    """What the servers answer, and what they were asked."""

    board: Board = field(default_factory=Board)
    mailroom: Mailroom = field(init=False)
    planner: Planner = field(default_factory=Planner)
    meter: Meter = field(default_factory=Meter)
    gateway_url: str = ""
    #: path -> status to refuse it with, while it is set
    refused: dict[str, int] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    uploads: dict[str, bytes] = field(default_factory=dict)
    #: What a submission said beside its file, by job.
    said: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.mailroom = Mailroom(self.board)

    def requests(self, path: str) -> list[Seen]:
        return [request for request in self.seen if request.path == path]

    def app(self) -> ASGIApp:
        routes = [
            Route("/", self._index),
            Route("/static/{name:path}", self._static),
            Route("/generate-file", self._generate, methods=["POST", "OPTIONS"]),
            Route("/jobs", self._list),
            Route("/jobs/{job_id}", self._job),
            Route("/jobs/{job_id}/events", self._events),
            Route("/jobs/{job_id}/files/{name}", self._file),
            Route("/events", self._events),
            Route("/pauses", self._pauses),
            *self.planner.routes(),
            *self.meter.routes(),
            *Desk(self.mailroom).routes(),
        ]
        return self._witnessed(Starlette(routes=routes))

    def _witnessed(self, app: ASGIApp) -> ASGIApp:
        async def witness(scope: Scope, receive: Receive, send: Send) -> None:
            request = Request(scope)
            headers = request.headers
            seen = Seen(
                request.url.path,
                dict(request.query_params),
                headers.get("last-event-id"),
                headers.get("idempotency-key"),
            )
            self.seen.append(seen)
            refused = self.refused.get(seen.path)
            words = "The stub was told to refuse this."
            answer = problem(refused, "Out of order", words) if refused else app
            await answer(scope, receive, send)

        return witness

    async def _index(self, _request: Request) -> Response:
        html = (
            (STATIC / "index.html")
            .read_text(encoding="utf-8")
            .replace("__GATEWAY_URL__", self.gateway_url)
        )
        pipeline = Pipeline.load()
        html = html.replace("__STATUSES__", " ".join(pipeline.statuses))
        html = html.replace("__STAGES__", " ".join(stage.name for stage in pipeline.stages))
        policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
            f"connect-src 'self' {self.gateway_url}; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
        )
        return Response(html, media_type="text/html", headers={"content-security-policy": policy})

    async def _static(self, request: Request) -> Response:
        name = request.path_params["name"]
        kind = mimetypes.guess_type(name)[0]
        # Kept by the browser from test to test, which halves the time they take.
        keep = {"cache-control": "max-age=600"}
        return Response((STATIC / name).read_bytes(), media_type=kind, headers=keep)

    async def _generate(self, request: Request) -> Response:
        cors = {"access-control-allow-origin": request.headers.get("origin", "*")}
        if request.method == "OPTIONS":
            return Response(headers=cors | _PREFLIGHT)
        async with request.form() as form:
            file = form["file"]
            if not isinstance(file, UploadFile) or not file.filename:
                return problem(422, "Not valid", "file is missing", headers=cors)
            content = await file.read()
            title = file.filename
            said = {name: value for name, value in form.items() if isinstance(value, str)}
        if not content:
            return problem(422, "Not valid", "file is empty: there is no data in it", headers=cors)
        job_id = self.board.submit(title)
        self.uploads[job_id], self.said[job_id] = content, said
        position = {"topic": "jobs.submitted", "partition": 4, "offset": 7}
        answer = {"job_id": job_id, "status": "QUEUED", "position": position, "links": {}}
        return JSONResponse(answer, 202, headers=cors)

    async def _list(self, request: Request) -> Response:
        params = request.query_params
        start, limit = int(params.get("cursor", "0")), int(params.get("limit", "50"))
        q = params.get("q", "")
        tag = params.get("tag", "")
        return JSONResponse(self.board.page(params.getlist("status"), q, start, limit, tag=tag))

    async def _job(self, request: Request) -> Response:
        job = self.board.job(request.path_params["job_id"])
        return JSONResponse(job) if job else problem(404, "Unknown job", "There is no such job.")

    async def _pauses(self, _request: Request) -> Response:
        return JSONResponse({"pauses": self.board.pauses})

    async def _file(self, request: Request) -> Response:
        return Response(f"the file {request.path_params['name']}", media_type="text/plain")

    async def _events(self, request: Request) -> Response:
        position = request.headers.get("last-event-id") or request.query_params.get("last_event_id")
        stream = self._stream(position or "", request.path_params.get("job_id"))
        return StreamingResponse(stream, media_type="text/event-stream")

    async def _stream(self, position: str, only: str | None) -> AsyncIterator[str]:
        changed = self.board.watch(asyncio.get_running_loop())
        yield "retry: 200\n\n"
        if position and not self.board.knows(position):
            position = ""
            yield f"id: {self.board.epoch}:0\nevent: reset\ndata: {{}}\n\n"
        told: object = []
        beside: dict[str, object] = {}
        while True:
            changed.clear()
            if told != self.board.pauses:
                told = self.board.pauses
                yield f"event: pauses\ndata: {json.dumps({'pauses': told})}\n\n"
            events = self.board.since(position, only)
            if events:
                position = events[-1].position
                yield sse(events, whole=only is not None)
            for about, what in self.board.beside.items():
                if beside.get(about) != what:
                    beside[about] = what
                    yield f"event: {about}\ndata: {json.dumps(what)}\n\n"
            await changed.wait()


def problem(
    status: int,
    title: str,
    detail: str,
    *,
    headers: dict[str, str] | None = None,
) -> Response:
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return JSONResponse(body, status, headers=headers, media_type="application/problem+json")
