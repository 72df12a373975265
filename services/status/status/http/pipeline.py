"""The route that tells how the stages stand: queue depth is progress."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from headway.base.clock import Clock
from headway.declared.pipeline import Pipeline
from status.answers.tablereads import TableReads
from status.answers.views import to_json
from status.letters.listing import Desk
from status.pauses.board import Pause
from status.stages import view
from status.stages.gauges import letters_by_stage
from status.stages.queues import queues
from status.stages.rates import Rates


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineRoutes:
    """*pauses* are what was told last."""

    reads: TableReads
    pipeline: Pipeline
    desk: Desk
    rates: Rates
    pauses: Callable[[], tuple[Pause, ...]]
    clock: Clock

    def routes(self) -> list[Route]:
        return [Route("/pipeline", self.now)]

    async def now(self, request: Request) -> Response:
        found = await self.reads.read(request, partial(queues, pipeline=self.pipeline))
        letters = await to_thread.run_sync(letters_by_stage, self.desk)
        told = view.pipeline(
            found,
            letters=letters,
            rates=self.rates.per_second(),
            pauses=self.pauses(),
            now_ms=self.clock.now_ms(),
        )
        headers = {"Cache-Control": "no-store"}
        return Response(to_json(told), media_type="application/json", headers=headers)
