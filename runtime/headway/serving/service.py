"""A service, from `python -m <service>` to exit: settings, logs, what it opens, work, the end.

Every process of the product is one of these, stage or not. Its work is a loop to turn
(`headway.serving.loop`) or a site to serve (`headway.serving.site`); both answer for its health and
are told to end by the same `Ending`.

Exit codes: 0 ended in order, 1 an error it cannot go on after (the log's last line says which),
2 the settings or the cluster's topics are wrong, 3 told to end and not ended in time
(`headway.serving.signals`).
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from headway.base.errors import SettingsError
from headway.declared.settings import Settings, read
from headway.observing import log
from headway.serving import signals

S = TypeVar("S", bound=Settings)


class Work(Protocol):
    """What a service is at once everything it needs is open."""

    def run(self, ending: signals.Ending) -> None:
        """Work until told to end, then end in order. Blocks.

        Before it calls `ending.in_order` nothing is in hand, and a signal just ends the process.

        Raises:
            SettingsError: the operator has to act; also found out while it works (topics).
        """
        ...


def tell_refusal(name: str, error: SettingsError) -> None:
    """Say that the service called *name* does not start, and what the operator has to do."""
    reason = {"reason": str(error)}
    logging.getLogger(name).critical(f"{name}.refused_to_start", extra=reason)  # noqa: G004 - its own event


def tell_failure(name: str, error: Exception) -> None:
    """Say that the service called *name* cannot go on, and where it was."""
    logging.getLogger(name).error(f"{name}.failed", exc_info=error)  # noqa: G004 - its own event


@dataclass(frozen=True, slots=True, kw_only=True)
class Service(Generic[S]):
    """What a service declares of itself.

    *name* begins the names of its log events. *opened* makes its work and keeps open what that
    needs, for as long as the context lasts; it may configure the log anew, for a name that only
    the settings tell. *refused* and *failed* say what went wrong.
    """

    name: str
    settings: type[S]
    opened: Callable[[S], AbstractContextManager[Work]]
    refused: Callable[[str, SettingsError], None] = tell_refusal
    failed: Callable[[str, Exception], None] = tell_failure


def run(service: Service[S], ending: signals.Ending | None = None) -> None:
    """Run *service* with the environment's settings; ends the process."""
    ending = ending or signals.listen()
    log.configure(service.name)
    try:
        settings = read(service.settings)
        log.configure(service.name, settings.log_level)
        with service.opened(settings) as work:
            work.run(ending)
        logging.getLogger(service.name).info(f"{service.name}.stopped")  # noqa: G004 - its own event
    except SettingsError as error:
        service.refused(service.name, error)
        signals.leave(2)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told and ends the process
        service.failed(service.name, error)
        signals.leave(1)
    signals.leave(0)
