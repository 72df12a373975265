"""The routes of what is asked of schedules: a verb each."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.admitting.idempotency import key_in
from gateway.commanding.answering import answered, json_body, unhurried
from gateway.receiving.refusals import Kind, invalid
from gateway.scheduling.asker import Asker
from headway.observing.health import Health
from headway.observing.metrics import COMMANDS
from headway.serving.problem import Fault
from headway.wire.schedules.asked import KINDS, MOST_RULE_CHARACTERS

_OUTCOMES: Final = ("accepted", "replayed", "refused")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRoutes:
    """What the routes work with."""

    asker: Asker
    health: Health

    def routes(self) -> list[Route]:
        for kind, outcome in product(KINDS, _OUTCOMES):
            COMMANDS.labels(_counted(kind), outcome)  # counted from 0 on
        return [
            Route(f"/schedules/{{rule}}/{kind}", self._endpoint(kind), methods=["POST"])
            for kind in KINDS
        ]

    def _endpoint(self, kind: str) -> Callable[[Request], Awaitable[Response]]:
        async def ask(request: Request) -> Response:
            return await answered(_counted(kind), partial(self._ask, request, kind))

        return ask

    async def _ask(self, request: Request, kind: str) -> Response:
        key = key_in(request.headers, required=False)
        rule: str = request.path_params["rule"]
        body = await json_body(request, self.health)
        if body.strip() not in {b"", b"{}"}:
            raise invalid([Fault("body", "says something; send none")], Kind.COMMAND_INVALID)
        if len(rule) > MOST_RULE_CHARACTERS:
            fault = Fault("rule", f"has more than {MOST_RULE_CHARACTERS} characters")
            raise invalid([fault], Kind.COMMAND_INVALID)
        admitted = await unhurried(self.asker.ask(rule, kind, key))
        outcome = "replayed" if admitted.replayed else "accepted"
        COMMANDS.labels(_counted(kind), outcome).inc()
        headers = {"Location": admitted.answer["links"]["schedules"]}
        if admitted.replayed:
            headers["Idempotency-Replayed"] = "true"
        return JSONResponse(admitted.answer, 202, headers)


def _counted(kind: str) -> str:
    """What a command to a rule is counted as, apart from those to jobs."""
    return f"schedule {kind}"
