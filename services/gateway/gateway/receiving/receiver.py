"""From a request to a submission: by media type, within bounds, spools closed at the end."""

import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import Request

from gateway.receiving.body import BODY_SECONDS, Bound, bounded, declared_bytes
from gateway.receiving.document import read_document
from gateway.receiving.form import FORM_BYTES, read_form, submission_in
from gateway.receiving.refusals import Kind, Refusal
from gateway.receiving.room import Room
from gateway.receiving.submission import Submission

_FORM: Final = "multipart/form-data"
_JSON: Final = "application/json"
_ACCEPTED: Final = f"{_FORM}, {_JSON}"
_JSON_ADVICE: Final = f"Send larger files as {_FORM}."


#: A document is held in memory, and while it is parsed some times over.
_DOCUMENTS: Final = 8


@dataclass(frozen=True, slots=True)
class Limits:
    """Largest file and largest JSON body taken, and how much of both at once."""

    max_upload_bytes: int
    max_json_bytes: int
    forms: Room
    documents: Room
    body_seconds: float = BODY_SECONDS

    @staticmethod
    def of(
        *,
        max_upload_bytes: int,
        max_json_bytes: int,
        max_open_uploads: int,
        max_spooled_bytes: int,
        body_seconds: float = BODY_SECONDS,
    ) -> "Limits":
        """Limits whose rooms are empty; forms are spooled to the temporary folder."""
        folder = Path(tempfile.gettempdir())
        return Limits(
            max_upload_bytes,
            max_json_bytes,
            Room(most=max_open_uploads, most_bytes=max_spooled_bytes, folder=folder),
            # Small ones may be many: their bytes alone are bounded.
            Room(most=sys.maxsize, most_bytes=_DOCUMENTS * max_json_bytes),
            body_seconds,
        )


@asynccontextmanager
async def receive(request: Request, limits: Limits) -> AsyncIterator[Submission]:
    """The submission in *request*; its content is gone when the block ends.

    Raises:
        Refusal: whatever is wrong with it, or there is no room for it just now; that is told
            before the body is read.
        ClientDisconnect: the client left before its body was whole.
    """
    media_type = _media_type(request.headers)
    way_in = _document if media_type == _JSON else _form
    async with way_in(request, limits) as submission:
        yield submission


@asynccontextmanager
async def _document(request: Request, limits: Limits) -> AsyncIterator[Submission]:
    bound = Bound(limits.max_json_bytes, advice=_JSON_ADVICE, seconds=limits.body_seconds)
    with limits.documents.entered(declared_bytes(request, bound)) as place:
        chunks = place.growing(bounded(request, bound))
        body = b"".join([chunk async for chunk in chunks])
        yield read_document(body)


@asynccontextmanager
async def _form(request: Request, limits: Limits) -> AsyncIterator[Submission]:
    seconds = limits.body_seconds
    bound = Bound(limits.max_upload_bytes, slack_bytes=FORM_BYTES, seconds=seconds)
    with limits.forms.entered(declared_bytes(request, bound)) as place:
        form = await read_form(request.headers, place.growing(bounded(request, bound)))
        try:
            yield submission_in(form, max_upload_bytes=limits.max_upload_bytes)
        finally:
            await form.close()


def _media_type(headers: Headers) -> str:
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in {_FORM, _JSON}:
        told = f"is {media_type!r}" if media_type else "is missing"
        detail = f"Content-Type {told}; send one of {_ACCEPTED}."
        raise Refusal(Kind.MEDIA_TYPE_UNSUPPORTED, detail, headers={"Accept-Post": _ACCEPTED})
    coding = headers.get("content-encoding", "identity").strip().lower()
    if coding != "identity":
        detail = f"Content-Encoding is {coding!r}; send the body as it is."
        raise Refusal(Kind.MEDIA_TYPE_UNSUPPORTED, detail, headers={"Accept-Encoding": "identity"})
    return media_type
