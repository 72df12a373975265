"""A request that cannot be answered, raised anywhere below a route, told as problem+json."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from headway.serving.problem import Fault, problem

_SOON: Final = {"Retry-After": "1"}


class Refusal(Exception):  # noqa: N818 - an answer rather than an error
    """Raised to answer with a problem."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        *,
        errors: tuple[Fault, ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self._answer = (status, title, detail)
        self._errors, self._headers = errors, headers

    @property
    def passing(self) -> bool:
        """Whether the same request may be answered in a moment."""
        return self._answer[0] == HTTPStatus.SERVICE_UNAVAILABLE

    @staticmethod
    def bad_request(*faults: Fault) -> "Refusal":
        detail = "; ".join(f"{fault.field}: {fault.detail}" for fault in faults)
        return Refusal(400, "Bad request", detail, errors=faults)

    @staticmethod
    def unknown_job(job_id: str) -> "Refusal":
        return Refusal(404, "Unknown job", f"There is no job {job_id!r}.")

    @staticmethod
    def too_early(detail: str) -> "Refusal":
        """The answer is not known yet, but will be."""
        return Refusal(503, "Not known yet", detail, headers=_SOON)

    def answer(self) -> Response:
        return problem(*self._answer, errors=self._errors, headers=self._headers)


async def answer_refusal(_request: Request, error: Exception) -> Response:
    if not isinstance(error, Refusal):
        raise error
    return error.answer()


async def answer_http_error(request: Request, error: Exception) -> Response:
    """404 and 405 of the router, in the same form as every other error."""
    if not isinstance(error, HTTPException):
        raise error
    detail = f"{request.method} {request.url.path} is not served."
    return problem(error.status_code, error.detail, detail, headers=error.headers)


async def answer_unexpected(_request: Request, _error: Exception) -> Response:
    """The server logs the error itself."""
    return problem(500, "Internal server error", "An error of ours, which is logged.")


async def answer_damaged(_request: Request, _error: Exception) -> Response:
    """Whoever asks is the first to notice; the reader makes the table anew by itself."""
    return Refusal.too_early("The table of jobs is damaged and is being made anew.").answer()
