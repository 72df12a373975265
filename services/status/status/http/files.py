"""The route that hands out a job's result files, from the object store."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from headway.base.errors import ObjectNotFound, PermanentError, StoreUnavailable
from headway.edges.objectstore import ObjectStore
from status.answers.refusal import Refusal
from status.answers.tablereads import TableReads
from status.answers.views import JsonObject, Views

#: A report is made of what a user sent: it may show itself, but run nothing, send nothing and
#: reach nothing of this origin.
_SANDBOX: Final = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "base-uri 'none'; form-action 'none'"
)
_SHOWN: Final = "text/html"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRoutes:
    reads: TableReads
    views: Views
    store: ObjectStore

    def routes(self) -> list[Route]:
        return [Route("/jobs/{job_id}/files/{name}", self.download)]

    async def download(self, request: Request) -> Response:
        job = await self.reads.job(request)
        name: str = request.path_params["name"]
        for file in self.views.files(job):
            if file["name"] == name:
                return await self._answer(request, file)
        raise Refusal(404, "Unknown file", f"Job {job.job_id!r} has no file {name!r}.")

    async def _answer(self, request: Request, file: JsonObject) -> Response:
        try:
            size, chunks = await to_thread.run_sync(self._open, file["key"])
        except ObjectNotFound as error:
            detail = f"The file {file['name']!r} is no longer stored."
            raise Refusal(410, "Gone", detail) from error
        except PermanentError as error:
            raise Refusal(502, "Bad file", str(error)) from error
        except StoreUnavailable as error:
            detail = "The object store does not answer."
            raise Refusal(503, "Not available", detail, headers={"Retry-After": "5"}) from error
        headers = _headers(file) | {"Content-Length": str(size)}
        if request.method == "HEAD":
            return Response(headers=headers, media_type=file["media_type"])
        return StreamingResponse(chunks, headers=headers, media_type=file["media_type"])

    def _open(self, key: str) -> tuple[int, Iterator[bytes]]:
        return self.store.size(key), self.store.stream(key)


def _headers(file: JsonObject) -> dict[str, str]:
    shown = file["media_type"].partition(";")[0].strip().lower() == _SHOWN
    return {
        "Content-Disposition": disposition("inline" if shown else "attachment", file["name"]),
        "Content-Security-Policy": _SANDBOX,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "private, no-cache",
    }


def disposition(kind: str, name: str) -> str:
    """RFC 6266: the name for old clients in ASCII, for all others as it is."""
    plain = "".join(char if char.isascii() and char.isprintable() else "_" for char in name)
    quoted = plain.replace("\\", "_").replace('"', "_")
    return f"{kind}; filename=\"{quoted}\"; filename*=UTF-8''{quote(name, safe='')}"
