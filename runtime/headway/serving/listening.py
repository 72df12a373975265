"""How a service listens: as many connections as its descriptors allow, the rest refused politely.

The process's limit of open files is raised as far as it may be. What then remains for connections,
after a reserve for everything else, is what is served at once.
"""

import logging
from typing import Any, Final, TypeVar

import uvicorn

from headway.base.errors import SettingsError
from headway.edges.openfiles import raise_file_limit
from headway.serving.connections import RESERVE, GuardedProtocol, guarded
from headway.serving.flood import bound_floods

logger = logging.getLogger(__name__)

#: The brokers of a cluster, the client's wake-up pipes, tables, files being copied, logs.
_OWN_FILES: Final = 96
#: Fewer connections are no service.
_LEAST_CONNECTIONS: Final = 16
_BACKLOG_MOST: Final = 2048

P = TypeVar("P", bound=GuardedProtocol)


def http_config(
    app: Any,
    *,
    protocol: type[P],
    most_connections: int,
    files: int = 0,
    **options: Any,
) -> uvicorn.Config:
    """Settings of uvicorn common to all services; *options* are more of them.

    *files* is how many the service itself may hold open beside connections.

    Raises:
        SettingsError: the process may not open enough files to be of any use.
    """
    allowed, backlog = _allowed(files)
    if allowed < most_connections:
        extra = {"connections": allowed, "wanted": most_connections}
        logger.warning("connections.limited_by_open_files", extra=extra)
    bound_floods("asyncio", "uvicorn.error")
    return uvicorn.Config(
        app,
        http=guarded(protocol, min(allowed, most_connections)),
        backlog=backlog,
        ws="none",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        **options,
    )


def allowed_connections(files: int = 0) -> int:
    """How many connections this process can serve at once, beside *files* of the service's own.

    Raises:
        SettingsError: the process may not open enough files to be of any use.
    """
    return _allowed(files)[0]


def _allowed(files: int) -> tuple[int, int]:
    limit = raise_file_limit()
    # The loop accepts up to a backlog in one go, before it learns that there are too many.
    backlog = min(_BACKLOG_MOST, limit // 8)
    allowed = limit - _OWN_FILES - RESERVE - backlog - files
    if allowed < _LEAST_CONNECTIONS:
        needed = limit + _LEAST_CONNECTIONS - allowed
        raise SettingsError(
            f"this process may open {limit} files and needs at least {needed}: raise its limit "
            "(`ulimit -n`, LimitNOFILE) or lower what it may hold open"
        )
    return allowed, backlog
