"""Whether a broker answers: a real metadata request, since an open port alone says little."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from headway import kafka

#: One request; short, so that a process that has died meanwhile is noticed.
_REQUEST_SECONDS: Final = 0.5

_silent = logging.getLogger(f"{__name__}.client")
_silent.addHandler(logging.NullHandler())
_silent.propagate = False


@dataclass(frozen=True, slots=True)
class _Target:
    kafka_bootstrap_servers: str
    kafka_client_options: str
    instance_id: str = "headway-broker-probe"


def wait_until_answers(
    bootstrap_servers: str,
    client_options: str = "",
    *,
    timeout_seconds: float,
    hopeless: Callable[[], bool] = lambda: False,
) -> bool:
    """Ask until a broker answers, the time is up or *hopeless* says so. Blocks."""
    # Refused connections are what is expected here: they are not worth a line in any log.
    quiet = {"logger": _silent, "error_cb": lambda _: None, "reconnect.backoff.max.ms": 100}
    options = kafka.client_options(_Target(bootstrap_servers, client_options)) | quiet
    admin = kafka.admin_client(options)
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline and not hopeless():
        if _answers(admin):
            return True
    return False


def _answers(admin: kafka.AdminClient) -> bool:
    try:
        return bool(admin.list_topics(timeout=_REQUEST_SECONDS).brokers)
    except kafka.KafkaException:
        return False
