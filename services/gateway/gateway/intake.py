"""From a request to a submission: by media type, within bounds, spools closed at the end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import Request

from gateway.body import Bound, bounded
from gateway.document import read_document
from gateway.form import FORM_BYTES, read_form, submission_in
from gateway.refusals import Kind, Refusal
from gateway.submission import Submission

_FORM: Final = "multipart/form-data"
_JSON: Final = "application/json"
_ACCEPTED: Final = f"{_FORM}, {_JSON}"
_JSON_ADVICE: Final = f"Send larger files as {_FORM}."


@dataclass(frozen=True, slots=True)
class Limits:
    """Largest file and largest JSON body taken."""

    max_upload_bytes: int
    max_json_bytes: int


@asynccontextmanager
async def receive(request: Request, limits: Limits) -> AsyncIterator[Submission]:
    """The submission in *request*; its content is gone when the block ends.

    Raises:
        Refusal: whatever is wrong with it.
        ClientDisconnect: the client left before its body was whole.
    """
    if _media_type(request.headers) == _JSON:
        chunks = bounded(request, Bound(limits.max_json_bytes, advice=_JSON_ADVICE))
        yield read_document(b"".join([chunk async for chunk in chunks]))
        return
    chunks = bounded(request, Bound(limits.max_upload_bytes, slack_bytes=FORM_BYTES))
    form = await read_form(request.headers, chunks)
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
