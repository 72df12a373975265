"""The program of a worker process: `python -m headway.workers <channel> <lifeline>`.

Makes the handler once, then does job after job: one comes in through the channel, reports and
one answer go out. It ends with the stage, whatever it is at: the stage holds the other end of
the lifeline, which closes when the stage ends, by SIGKILL as well.
"""

import faulthandler
import fcntl
import os
import pickle
import signal
import sys
import threading
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

#: The kernel's choice when memory runs out: a worker before the stage that can replace it.
_FIRST_TO_GO: Final = "800"


def main(channel_fd: int, lifeline_fd: int) -> None:
    """Work until the stage closes the channel."""
    _end_with_the_stage(lifeline_fd)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO, encoding="utf-8")
    faulthandler.enable()
    channel: Connection[bytes, bytes] = Connection(channel_fd)
    sys.path[:] = pickle.loads(channel.recv_bytes())  # noqa: S301 - from the stage that started us
    from headway.workers.serving import serve  # noqa: PLC0415 - found by the path just received

    serve(channel)


def _end_with_the_stage(lifeline_fd: int) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the stage is told, and decides
    # The kernel ends this process when the other end closes, even while native code holds the
    # interpreter; where SIGIO does nothing the thread does it.
    fcntl.fcntl(lifeline_fd, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline_fd, fcntl.F_SETFL, fcntl.fcntl(lifeline_fd, fcntl.F_GETFL) | os.O_ASYNC)

    def wait() -> None:
        os.read(lifeline_fd, 1)
        os._exit(1)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
