"""The addresses of the services: those of the documentation where they are free."""

import socket
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Final

from headway.pipeline import Pipeline

HOST: Final = "127.0.0.1"
_FIRST_STAGE: Final = 9101


def usual(pipeline: Pipeline) -> dict[str, int]:
    """The port of every service, in the order of the work's way through them."""
    stages = {stage.name: port for port, stage in enumerate(pipeline.stages, _FIRST_STAGE)}
    return {"gateway": 8080} | stages | {"status": 8081}


def choose(wanted: Mapping[str, int]) -> dict[str, int]:
    """A free port for each: the one *wanted*, or any if that one is taken or 0.

    Nothing reserves them: a program that starts in this very moment may still take one.
    """
    with ExitStack() as stack:
        # All are held until all are known, or two could be the same.
        held = {name: stack.enter_context(_bound(port)) for name, port in wanted.items()}
        return {name: listener.getsockname()[1] for name, listener in held.items()}


def _bound(port: int) -> socket.socket:
    listener = socket.socket()
    # As the servers do: connections that linger from the last run are no obstacle.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError:
        listener.bind((HOST, 0))
    return listener
