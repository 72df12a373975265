"""How many connections a service can serve: as many as its descriptors allow.

The process's limit of open files is raised as far as it may be. What then remains for connections,
after a reserve for everything else, is what is served at once.
"""

import logging
from typing import Final, NamedTuple

from headway.base.errors import SettingsError
from headway.edges.openfiles import raise_file_limit
from headway.serving.connections import RESERVE

logger = logging.getLogger(__name__)

#: The brokers of a cluster, the client's wake-up pipes, tables, files being copied, logs.
_OWN_FILES: Final = 96
#: Fewer connections are no service.
_LEAST_CONNECTIONS: Final = 16
_BACKLOG_MOST: Final = 2048


class Allowance(NamedTuple):
    """How many connections are served at once, and how many wait to be accepted."""

    connections: int
    backlog: int


def allowance(wanted: int, files: int = 0) -> Allowance:
    """What is allowed of *wanted* connections beside *files* of the service's own; less is told.

    Raises:
        SettingsError: the process may not open enough files to be of any use.
    """
    allowed = _allowed(files)
    if allowed.connections < wanted:
        extra = {"connections": allowed.connections, "wanted": wanted}
        logger.warning("connections.limited_by_open_files", extra=extra)
    return allowed._replace(connections=min(allowed.connections, wanted))


def allowed_connections(files: int = 0) -> int:
    """How many connections this process can serve at once, beside *files* of the service's own.

    Raises:
        SettingsError: the process may not open enough files to be of any use.
    """
    return _allowed(files).connections


def _allowed(files: int) -> Allowance:
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
    return Allowance(allowed, backlog)
