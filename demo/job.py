"""One job as its user sees it: handed in, followed live, its files fetched."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from place import DemoError

#: After this long without an event the caller looks after its services; then the stream is
#: taken up again where it was.
_QUIET_SECONDS: Final = 2.0
_PATIENCE_SECONDS: Final = 180.0
_SERVER_ERRORS: Final = 500


@dataclass(frozen=True, slots=True)
class Job:
    """Where a job that was accepted is found."""

    job_id: str
    #: A read of this waits until the status service has seen the submission.
    first_read: str
    events: str
    dashboard: str


def submit(gateway: str, title: str, data: bytes) -> Job:
    """Hand in a file.

    Raises:
        DemoError: the gateway did not take it.
    """
    try:
        answer = httpx.post(f"{gateway}/generate-file", files={"file": (title, data)}, timeout=30)
    except httpx.TransportError as error:
        raise DemoError(f"the gateway does not answer: {error}") from error
    if not answer.is_success:
        raise DemoError(f"the gateway refused {title}: {answer.text}")
    told = answer.json()
    links = told["links"]
    return Job(told["job_id"], links["job"], links["events"], links["dashboard"])


def follow(job: Job, *, meanwhile: Callable[[], None]) -> Iterator[dict[str, Any]]:
    """Every state of *job* that the server tells, to the last. Blocks.

    A stream that breaks or falls quiet is resumed by its id; *meanwhile* is called each time.

    Raises:
        DemoError: the job did not end in time, or the status service does not know it.
    """
    with suppress(httpx.TransportError):
        httpx.get(job.first_read, timeout=30)
    deadline, last_id = time.monotonic() + _PATIENCE_SECONDS, ""
    while True:
        try:
            for event_id, state in _events(job.events, last_id):
                last_id = event_id
                yield state
                if state["terminal"]:
                    return
        except httpx.TransportError:
            pass  # quiet, or the service is being started again
        if time.monotonic() > deadline:
            raise DemoError(f"job {job.job_id} has not ended after {_PATIENCE_SECONDS:.0f} s")
        meanwhile()
        time.sleep(0.1)


def fetch(url: str, path: Path, *, size_bytes: int) -> None:
    """Download *url* to *path*.

    Raises:
        DemoError: it is not there, or not as large as announced.
    """
    with httpx.stream("GET", url) as answer, path.open("wb") as file:
        if not answer.is_success:
            raise DemoError(f"{url}: {answer.status_code} {answer.reason_phrase}")
        for chunk in answer.iter_bytes():
            file.write(chunk)
    if path.stat().st_size != size_bytes:
        raise DemoError(f"{path} has {path.stat().st_size} bytes, announced {size_bytes}")


def _events(url: str, last_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The id and the data of each `job` event of one connection."""
    timeout = httpx.Timeout(5, read=_QUIET_SECONDS)
    headers = {"Last-Event-ID": last_id} if last_id else {}
    with httpx.stream("GET", url, headers=headers, timeout=timeout) as answer:
        if answer.status_code >= _SERVER_ERRORS:
            raise httpx.ReadError(f"{url}: {answer.status_code}")
        if not answer.is_success:
            raise DemoError(f"{url}: {answer.status_code} {answer.reason_phrase}")
        fields: dict[str, str] = {}
        for line in answer.iter_lines():
            name, _, value = line.partition(":")
            if line:
                fields[name] = value.removeprefix(" ")
                continue
            if fields.get("event") == "job":
                yield fields.get("id", last_id), json.loads(fields["data"])
            fields = {}
