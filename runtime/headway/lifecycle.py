"""From `python -m <stage>` to exit: start, turn, and on SIGTERM drain within one deadline.

Order at the end, and why: workers first get no more records; running handlers end or time out;
what they did is committed while the partitions are still ours; only then is the group left, so
the next owner starts from there; health answers to the last.

Exit codes: 0 drained, 1 halted (see the log's last line), 2 the settings or the topics are wrong.
"""

import gc
import logging
import signal
import sys
import threading
from collections.abc import Callable
from typing import Final, TypeVar

from headway import log
from headway.assembly import assemble
from headway.errors import HeadwayError, SettingsError
from headway.health import Health, HealthServer
from headway.kafka import KafkaException, describe
from headway.runner import StageRunner
from headway.settings import read
from headway.stage import Stage, StageSettings

logger = logging.getLogger(__name__)

S = TypeVar("S", bound=StageSettings)

_ENDING: Final = (signal.SIGTERM, signal.SIGINT)


def run(settings_type: type[S], make_stage: Callable[[S], Stage]) -> None:
    """Run the stage that *make_stage* makes of the environment's settings; ends the process."""
    stop = stop_on_signals()
    _collect_garbage_rarely()
    try:
        settings = read(settings_type)
        stage = make_stage(settings)
        log.configure(stage.name, settings.log_level)
        run_stage(stage, settings, stop)
    except SettingsError as error:
        print(f"cannot start: {error}", file=sys.stderr)  # noqa: T201 - before logs are set up
        sys.exit(2)
    except (HeadwayError, KafkaException) as error:
        logger.critical("stage.halted", extra={"error": describe(error)})
        sys.exit(1)


def run_stage(stage: Stage, settings: StageSettings, stop: threading.Event) -> None:
    """Run *stage* until *stop* is set, then drain it. Blocks.

    Raises:
        SettingsError: the cluster's topics are not those declared.
        HeadwayError: the stage cannot go on.
    """
    health = Health()
    assembly = assemble(stage, settings, health)
    runner = StageRunner(assembly)
    with HealthServer(health, host=settings.http_host, port=settings.http_port) as server:
        runner.start()
        logger.info("stage.started", extra={"port": server.port})
        while not stop.is_set():
            runner.turn()
        logger.info("stage.draining", extra={"seconds": settings.drain_seconds})
        runner.drain(assembly.clock.monotonic() + settings.drain_seconds)
    logger.info("stage.stopped")


def _collect_garbage_rarely() -> None:
    """Records in flight are many, live long for objects, and form no cycles.

    At the interpreter's thresholds (700, 10, 10) the collector walks them over and over: a
    tenth of a no-op stage's time.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM or SIGINT sets; for the main thread, before it starts others.

    A thread of its own waits for them, and no other is ever interrupted: CPython's
    `SimpleQueue.get(timeout)`, which the loop waits in, may wait for ever when a signal comes
    shortly before its time is over (seen in 3.11: a stage deaf to SIGTERM until a job ended).
    """
    stop = threading.Event()
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)

    def wait() -> None:
        signal.sigwait(_ENDING)
        stop.set()

    threading.Thread(target=wait, name="signals", daemon=True).start()
    return stop
