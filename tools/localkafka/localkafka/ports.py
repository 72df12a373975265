"""Free ports of this machine."""

import random
import socket
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

_HOST = "127.0.0.1"
#: Below what any common system gives to outgoing connections (Linux from 32768, others 49152).
_STEADY: Final = range(20_000, 32_000)


@dataclass(frozen=True, slots=True)
class Ports:
    clients: int
    controller: int


def pick(preferred: Ports | None = None) -> Ports:
    """Two free ports, the *preferred* if they are."""
    wanted = (preferred.clients, preferred.controller) if preferred else (0, 0)
    return Ports(*free_ports(wanted))


def free_ports(wanted: Iterable[int]) -> list[int]:
    """A free port for each: the one *wanted*, or any if that one is taken or 0.

    Nothing reserves them: whoever binds them next has to cope with being too late.
    """
    with ExitStack() as stack:
        # All are held until all are known, or two could be the same.
        held = [stack.enter_context(_bound(port)) for port in wanted]
        return [listener.getsockname()[1] for listener in held]


def _bound(port: int) -> socket.socket:
    listener = socket.socket()
    # As servers do: connections that linger from the last run are no obstacle.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
    except OSError:
        listener.bind((_HOST, 0))
    return listener


def steady_ports(count: int) -> list[int]:
    """Free ports that no outgoing connection is ever given, for who comes back to its own.

    While a server is away, a client that calls its port may be given that very port for its own
    end: it is then connected to itself, and the server cannot come back.
    """
    found: list[int] = []
    while len(found) < count:
        (wanted,) = random.sample(_STEADY, 1)
        if free_ports([wanted]) == [wanted] and wanted not in found:
            found.append(wanted)
    return found
