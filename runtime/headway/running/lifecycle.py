"""From `python -m <stage>` to exit: start, turn, and on SIGTERM drain within one deadline.

Order at the end, and why: workers first get no more records; running handlers end or time out;
what they did is committed while the partitions are still ours; only then is the group left, so
the next owner starts from there; health answers to the last.

Exit codes: 0 drained, 1 halted (see the log's last line), 2 the settings or the topics are wrong,
3 told to end and not ended in time (`headway.serving.signals`).
"""

import gc
import logging
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import TypeVar

from headway.base.errors import HeadwayError, SettingsError
from headway.declared.settings import read
from headway.declared.stage import Stage, StageSettings
from headway.edges.kafka import KafkaException, describe
from headway.observing import log
from headway.observing.health import Health, HealthServer
from headway.running.assembly import assemble
from headway.running.runner import StageRunner
from headway.serving import signals

logger = logging.getLogger(__name__)

S = TypeVar("S", bound=StageSettings)


def run(
    settings_type: type[S], make_stage: Callable[[S], Stage], ending: signals.Ending | None = None
) -> None:
    """Run the stage that *make_stage* makes of the environment's settings; ends the process."""
    ending = ending or signals.listen()
    _collect_garbage_rarely()
    try:
        settings = read(settings_type)
        stage = make_stage(settings)
        log.configure(stage.name, settings.log_level)
        run_stage(stage, settings, ending)
    except SettingsError as error:
        print(f"cannot start: {error}", file=sys.stderr)  # noqa: T201 - before logs are set up
        signals.leave(2)
    except (HeadwayError, KafkaException) as error:
        logger.critical("stage.halted", extra={"error": describe(error)})
        signals.leave(1)
    except Exception as error:
        logger.critical("stage.halted", extra={"error": repr(error)}, exc_info=error)
        signals.leave(1)
    signals.leave(0)


def run_stage(stage: Stage, settings: StageSettings, ending: signals.Ending) -> None:
    """Run *stage* until it is told to end, then drain it. Blocks.

    Raises:
        SettingsError: the cluster's topics are not those declared.
        HeadwayError: the stage cannot go on.
    """
    with ExitStack() as stack:
        if isinstance(stage.handler, AbstractContextManager):
            stack.enter_context(stage.handler)
        health = Health()
        _run_assembled(assemble(stage, settings, health), health, settings, ending)
    logger.info("stage.stopped")


def _run_assembled(
    runner: StageRunner, health: Health, settings: StageSettings, ending: signals.Ending
) -> None:
    with HealthServer(health, host=settings.http_host, port=settings.http_port) as server:
        runner.start()
        logger.info("stage.started", extra={"port": server.port})
        ending.in_order(
            within_seconds=settings.drain_seconds + settings.exit_seconds,
        )
        while not ending.told.is_set():
            runner.turn()
        logger.info("stage.draining", extra={"seconds": settings.drain_seconds})
        runner.drain(runner.clock.monotonic() + settings.drain_seconds)


def _collect_garbage_rarely() -> None:
    """Records in flight are many, live long for objects, and form no cycles.

    At the interpreter's thresholds (700, 10, 10) the collector walks them over and over: a
    tenth of a no-op stage's time.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
