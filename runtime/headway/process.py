"""What the `__main__` of a service that speaks HTTP does: settings, logs, exit codes.

Exit codes: 0 served until it was told to end, 2 the settings or the cluster's topics are wrong.
"""

import logging
import sys
from collections.abc import Callable
from typing import TypeVar

from headway import log
from headway.errors import SettingsError
from headway.settings import Settings, read

S = TypeVar("S", bound=Settings)


def run(service: str, settings_type: type[S], serve: Callable[[S], None]) -> None:
    """Call *serve* with the environment's settings; ends the process if they do not fit."""
    log.configure(service)
    try:
        settings = read(settings_type)
        log.configure(service, settings.log_level)
        serve(settings)
    except SettingsError as error:
        reason = {"reason": str(error)}
        logging.getLogger(service).critical(f"{service}.refused_to_start", extra=reason)  # noqa: G004 - the service's own event
        sys.exit(2)
