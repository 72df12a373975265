"""Every reason for which the gateway does not take a request, and how it is told."""

from collections.abc import Iterable, Mapping
from enum import Enum

from starlette.responses import Response

from headway.base.errors import HeadwayError
from headway.serving.problem import Fault, problem


class Kind(Enum):
    """Status code and title of each kind; its name is the problem's `type`."""

    BODY_MALFORMED = 400, "The body cannot be parsed"
    IDEMPOTENCY_KEY_MALFORMED = 400, "The Idempotency-Key is malformed"
    IDEMPOTENCY_KEY_MISSING = 400, "An Idempotency-Key is required"
    JOB_UNKNOWN = 404, "The status service knows no such job"
    RULE_UNKNOWN = 404, "There is no such rule"
    BODY_STALLED = 408, "The body stopped arriving"
    IDEMPOTENCY_KEY_IN_USE = 409, "A request with this Idempotency-Key is being taken"
    COMMAND_UNFIT = 409, "The job is in no state for this command"
    UPLOAD_TOO_LARGE = 413, "The upload is too large"
    RECORD_TOO_LARGE = 413, "The record is larger than Kafka takes"
    MEDIA_TYPE_UNSUPPORTED = 415, "The media type is not supported"
    SUBMISSION_INVALID = 422, "The submission is not valid"
    IDEMPOTENCY_KEY_REUSED = 422, "The Idempotency-Key belongs to another request"
    COMMAND_INVALID = 422, "The command is not valid"
    LINE_TOO_LONG = 429, "Jobs wait for too long"
    STATUS_NOT_CONFIGURED = 501, "This gateway knows no status service"
    OVERLOADED = 503, "Too much is being taken in at once"
    NOT_TAKEN = 503, "The request was not taken"
    OUTCOME_UNKNOWN = 503, "The request may or may not have been taken"
    COMMANDS_INCOMPLETE = 503, "Not every command was taken"
    STATUS_AWAY = 503, "The status service does not answer"

    @property
    def status(self) -> int:
        return self.value[0]

    @property
    def title(self) -> str:
        return self.value[1]

    @property
    def type(self) -> str:
        return "urn:headway:problem:" + self.name.lower().replace("_", "-")


class Refusal(HeadwayError):  # noqa: N818 - names the event, as the API's documentation does
    """Raised anywhere on a request's way in; becomes the answer."""

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        errors: Iterable[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    def answer(self) -> Response:
        return problem(
            self.kind.status,
            self.kind.title,
            self.detail,
            type_=self.kind.type,
            errors=self.errors,
            headers=self.headers,
        )


def invalid(faults: Iterable[Fault], kind: Kind = Kind.SUBMISSION_INVALID) -> Refusal:
    """All faults of a request in one refusal."""
    errors = tuple(faults)
    detail = " ".join(f"{fault.field}: {fault.detail}." for fault in errors)
    return Refusal(kind, detail, errors=errors)


def too_large(size: str, limit_bytes: int, *, advice: str = "") -> Refusal:
    """*size* is the size as far as it is known: `size_text(n)`, or more than that."""
    detail = f"The upload is {size}; the limit is {size_text(limit_bytes)}. {advice}"
    return Refusal(Kind.UPLOAD_TOO_LARGE, detail.rstrip())


def size_text(size_bytes: int) -> str:
    return f"{size_bytes / 1_000_000:,.1f} MB ({size_bytes:,} bytes)"
