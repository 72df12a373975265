"""Free ports of this machine."""

import socket
from contextlib import ExitStack
from dataclasses import dataclass

_HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Ports:
    clients: int
    controller: int


def pick(preferred: Ports | None = None) -> Ports:
    """Two free ports, the *preferred* if they are.

    Nothing reserves them: whoever binds them next has to cope with being too late.
    """
    wanted = (preferred.clients, preferred.controller) if preferred else (0, 0)
    with ExitStack() as stack:
        # Both are held until both are known, or they could be the same.
        clients, controller = (stack.enter_context(_bound(port)) for port in wanted)
        return Ports(clients.getsockname()[1], controller.getsockname()[1])


def _bound(port: int) -> socket.socket:
    listener = socket.socket()
    # As Java's server sockets do: connections that linger from the last run are no obstacle.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
    except OSError:
        listener.bind((_HOST, 0))
    return listener
