"""Errors over HTTP in the form of RFC 9457."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from starlette.responses import Response


class Fault(NamedTuple):
    """One thing wrong with a request: in which field, and what to do about it."""

    field: str
    detail: str


def problem(
    status: int,
    title: str,
    detail: str,
    *,
    type_: str = "about:blank",
    errors: Iterable[Fault] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An `application/problem+json` answer; `errors` is left out where there are none."""
    content: dict[str, Any] = {"type": type_, "title": title, "status": status, "detail": detail}
    if faults := [fault._asdict() for fault in errors]:
        content["errors"] = faults
    # In ASCII: what a client sent and reads back here need not be encodable as UTF-8.
    return Response(json.dumps(content), status, headers, media_type="application/problem+json")
