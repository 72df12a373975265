"""What the `__main__` of a service that speaks HTTP does: settings, logs, exit codes.

Exit codes: 0 served until it was told to end, 1 an unexpected error (see the log), 2 the settings
or the cluster's topics are wrong, 3 told to end and not ended in time (`headway.serving.signals`).
"""

import logging
from collections.abc import Callable
from typing import TypeVar

from headway.base.errors import SettingsError
from headway.declared.settings import Settings, read
from headway.observing import log
from headway.serving import signals

S = TypeVar("S", bound=Settings)


def run(
    service: str,
    settings_type: type[S],
    serve: Callable[[S, signals.Ending], None],
    ending: signals.Ending,
) -> None:
    """Call *serve* with the environment's settings; ends the process."""
    log.configure(service)
    logger = logging.getLogger(service)
    try:
        settings = read(settings_type)
        log.configure(service, settings.log_level)
        serve(settings, ending)
    except SettingsError as error:
        reason = {"reason": str(error)}
        logger.critical(f"{service}.refused_to_start", extra=reason)  # noqa: G004 - the service's own event
        signals.leave(2)
    except Exception:
        logger.exception(f"{service}.failed")  # noqa: G004 - the service's own event
        signals.leave(1)
    signals.leave(0)
