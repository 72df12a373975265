"""A stage as a service: from `python -m <stage>` to exit (`headway.serving.service`).

Order at the end, and why: workers first get no more records; running handlers end or time out;
what they did is committed while the partitions are still ours; only then is the group left, so
the next owner starts from there; health answers to the last.
"""

import gc
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from typing import TypeVar

from headway.base.errors import HeadwayError, SettingsError
from headway.declared.stage import Stage, StageSettings
from headway.edges.kafka import KafkaException, describe
from headway.observing import log
from headway.observing.health import Health
from headway.running.assembly import assemble
from headway.serving import service
from headway.serving.loop import TurnedLoop
from headway.serving.signals import Ending
from headway.tracing.switch import traced

logger = logging.getLogger(__name__)

S = TypeVar("S", bound=StageSettings)


def run(
    settings_type: type[S], make_stage: Callable[[S], Stage], ending: Ending | None = None
) -> None:
    """Run the stage that *make_stage* makes of the environment's settings; ends the process."""
    stage = service.Service(
        name="stage",
        settings=settings_type,
        opened=partial(_opened, make_stage),
        refused=_refused,
        failed=_halted,
    )
    service.run(stage, ending)


@contextmanager
def _opened(make_stage: Callable[[S], Stage], settings: S) -> Iterator[TurnedLoop]:
    _collect_garbage_rarely()
    stage = make_stage(settings)
    log.configure(stage.name, settings.log_level)
    with ExitStack() as stack:
        spans = stack.enter_context(traced(stage.name, settings))
        if isinstance(stage.handler, AbstractContextManager):
            stack.enter_context(stage.handler)
        health = Health(component=stage.name)
        runner = assemble(stage, settings, health, spans=spans)
        yield TurnedLoop(
            name="stage",
            loop=runner,
            health=health,
            settings=settings,
            drain_seconds=settings.drain_seconds,
            clock=runner.clock,
        )


def _refused(_name: str, error: SettingsError) -> None:
    print(f"cannot start: {error}", file=sys.stderr)  # noqa: T201 - for whoever starts it by hand


def _halted(_name: str, error: Exception) -> None:
    if isinstance(error, HeadwayError | KafkaException):
        logger.critical("stage.halted", extra={"error": describe(error)})
    else:
        logger.critical("stage.halted", extra={"error": repr(error)}, exc_info=error)


def _collect_garbage_rarely() -> None:
    """Records in flight are many, live long for objects, and form no cycles.

    At the interpreter's thresholds (700, 10, 10) the collector walks them over and over: a
    tenth of a no-op stage's time.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
