"""The status service, asked over HTTP: which attempt is a job's newest, which letters are there."""

import asyncio
import json
import ssl
from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any, Final, Protocol
from urllib.parse import quote

import httpx

from gateway.receiving.refusals import Kind, Refusal

#: Whoever waits for a command waits for this first; a table answers in milliseconds.
_SECONDS: Final = 5.0
_RETRY_AFTER: Final = {"Retry-After": "5"}
_ADVICE: Final = "Nothing was commanded; send the same request again later"


class StatusService(Protocol):
    async def job(self, job_id: str) -> Mapping[str, Any]:
        """The job as `GET /jobs/{id}` shows it.

        Raises:
            Refusal: it knows no such job, or does not answer.
        """
        ...

    async def letters(self, where: Mapping[str, str]) -> Mapping[str, Any]:
        """One page of dead letters that may be redriven, as `GET /dead-letters` shows them.

        Raises:
            Refusal: it refuses what is asked for, or does not answer.
        """
        ...

    async def rules(self) -> Collection[str]:
        """The names of all rules of the schedules, as `GET /schedules` shows them.

        Raises:
            Refusal: it does not know yet, or does not answer.
        """
        ...


class NoStatusService(StatusService):
    """For a gateway that was told of none: whoever needs one is told what to do instead."""

    async def job(self, job_id: str) -> Mapping[str, Any]:
        del job_id
        raise _not_configured("Send the attempt; for a retry the stage, too")

    async def letters(self, where: Mapping[str, str]) -> Mapping[str, Any]:
        del where
        raise _not_configured("Retry jobs one by one, or with `headway dead-letters redrive`")

    async def rules(self) -> Collection[str]:
        raise _not_configured("Nobody knows which rules there are")


class HttpStatusService(StatusService):
    """The one at *url*."""

    def __init__(self, url: str, *, seconds: float = _SECONDS) -> None:
        self._url = url.rstrip("/")
        self._seconds = seconds

    async def job(self, job_id: str) -> Mapping[str, Any]:
        answer = await self._get(f"/jobs/{quote(job_id, safe='')}", {})
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise Refusal(Kind.JOB_UNKNOWN, f"The status service knows no job {job_id!r}.")
        return _object(answer)

    async def letters(self, where: Mapping[str, str]) -> Mapping[str, Any]:
        answer = await self._get("/dead-letters", {**where, "redrivable": "true"})
        if answer.status_code in {httpx.codes.BAD_REQUEST, httpx.codes.UNPROCESSABLE_ENTITY}:
            raise Refusal(Kind.COMMAND_INVALID, f"The status service says: {_words(answer)}")
        return _object(answer)

    async def rules(self) -> Collection[str]:
        answer = _object(await self._get("/schedules", {}))
        return frozenset(rule["rule"] for rule in answer.get("rules", ()))

    async def _get(self, path: str, params: Mapping[str, str]) -> httpx.Response:
        try:
            # The client's own limits are of each step; a service may be slow at all of them.
            async with (
                asyncio.timeout(self._seconds),
                httpx.AsyncClient(verify=self._tls, timeout=self._seconds) as client,
            ):
                return await client.get(self._url + path, params=params)
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or f"no answer in {self._seconds:g} s"
            detail = f"{self._url} (STATUS_API_URL): {reason}. {_ADVICE}."
            raise Refusal(Kind.STATUS_AWAY, detail, headers=_RETRY_AFTER) from error

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        # Made once: it reads every certificate of the system.
        return ssl.create_default_context()


def _object(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        value = answer.json() if answer.is_success else None
    except ValueError:
        value = None
    if isinstance(value, dict):
        return value
    detail = f"The status service answers {answer.status_code}: {_words(answer)} {_ADVICE}."
    headers = {"Retry-After": answer.headers.get("Retry-After", "5")}
    raise Refusal(Kind.STATUS_AWAY, detail, headers=headers)


def _words(answer: httpx.Response) -> str:
    """What a problem says of itself; an answer of another form is not repeated."""
    try:
        return str(json.loads(answer.text)["detail"])[:1000]
    except (ValueError, KeyError, TypeError):
        return "an answer without words."


def _not_configured(advice: str) -> Refusal:
    detail = f"STATUS_API_URL is not set, so the gateway cannot find it out. {advice}."
    return Refusal(Kind.STATUS_NOT_CONFIGURED, detail)
