"""The handler that does what titles say, without what a stage needs: its workers start quickly."""

import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Any, Final

from support.stages.handlers.planned import planned
from support.stages.handlers.verbs import VERBS, Call

from headway.base.errors import TransientError
from headway.declared.handler import Context, Done, Job
from headway.declared.stage import StageSettings

REFERENCE: Final = f"{__name__}:script"
_VERBS: Final = {**VERBS, "plan": planned}
_GIVEN: Final = "SCRIPTED"


@dataclass(frozen=True, slots=True)
class Part:
    """Which of *stages* it plays, and what its good results are."""

    stage: str
    stages: Sequence[str]
    payload: dict[str, Any]

    def hand_down(self) -> None:
        """Let worker processes of this one play it, too: they inherit its environment."""
        os.environ[_GIVEN] = json.dumps(asdict(self))


class Script:
    """Does what titles say; counts failures by job."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._failures: Counter[str] = Counter()
        self._lock = Lock()

    def __call__(self, job: Job, context: Context) -> Done:
        title = job.title
        for stage in self._part.stages:
            if title.startswith(f"{stage}:"):
                title = title.removeprefix(f"{stage}:") if stage == self._part.stage else "ok"
        verb, _, rest = title.partition(":")
        context.report(0.5, "half way")
        if verb == "transient":
            self._fail(job, most=int(rest))
        return _VERBS.get(verb, VERBS["ok"])(Call(rest, dict(self._part.payload), context))

    def _fail(self, job: Job, *, most: int) -> None:
        with self._lock:
            self._failures[job.job_id] += 1
            if self._failures[job.job_id] <= most:
                raise TransientError(f"failure {self._failures[job.job_id]}")


def script(_: StageSettings) -> Script:
    """The handler, for a worker process of a stage that has handed its part down."""
    return Script(Part(**json.loads(os.environ[_GIVEN])))
