"""Whether a broker answers: a real metadata request, since an open port alone says little."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from headway.edges import kafka
from headway.edges.clientoptions import FILE, VARIABLE

#: One request; short, so that a process that has died meanwhile is noticed.
_REQUEST_SECONDS: Final = 0.5

_silent = logging.getLogger(f"{__name__}.client")
_silent.addHandler(logging.NullHandler())
_silent.propagate = False


@dataclass(frozen=True, slots=True)
class _Target:
    kafka_bootstrap_servers: str
    kafka_client_options: str
    kafka_client_options_file: str
    instance_id: str = "headway-broker-probe"


def wait_until_answers(
    bootstrap_servers: str,
    environ: Mapping[str, str] = MappingProxyType({}),
    *,
    timeout_seconds: float,
    hopeless: Callable[[], bool] = lambda: False,
    brokers: int = 1,
) -> bool:
    """Ask until *brokers* are known, the time is up or *hopeless* says so. Blocks.

    *environ* is where the options of a client that the cluster asks for are taken from.
    """
    # Refused connections are what is expected here: they are not worth a line in any log.
    quiet = {"logger": _silent, "error_cb": lambda _: None, "reconnect.backoff.max.ms": 100}
    target = _Target(bootstrap_servers, environ.get(VARIABLE, ""), environ.get(FILE, ""))
    options = kafka.client_options(target) | quiet
    admin = kafka.admin_client(options)
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline and not hopeless():
        if _known(admin) >= brokers:
            return True
    return False


def _known(admin: kafka.AdminClient) -> int:
    try:
        return len(admin.list_topics(timeout=_REQUEST_SECONDS).brokers)
    except kafka.KafkaException:
        return 0
