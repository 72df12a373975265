"""A handler of single jobs as one that is given many at once, and what it was given."""

import logging
from collections.abc import Sequence

from support.stages.handlers.verbs import SpoilError

from headway.declared.handler import Call, Done, Handler

logger = logging.getLogger(__name__)


class Together:
    """Does one job after another, and answers each with what it came to."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        #: The jobs of each call.
        self.calls: list[list[str]] = []

    def __call__(self, calls: Sequence[Call]) -> Sequence[Done | BaseException]:
        self.calls.append([call.job.job_id for call in calls])
        logger.info("together.called", extra={"jobs": len(calls)})
        return [self._answer(call) for call in calls]

    def _answer(self, call: Call) -> Done | BaseException:
        try:
            return self._handler(call.job, call.context)
        except SpoilError:
            raise
        except Exception as error:  # noqa: BLE001 - it is that job's alone
            return error
