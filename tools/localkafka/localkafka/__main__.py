"""`python -m localkafka`: a broker until Ctrl-C, its address on stdout."""

import argparse
import signal
import sys
import time
from pathlib import Path

from localkafka import (
    BrokerError,
    BrokerKind,
    Purpose,
    RunningBroker,
    running_broker,
    running_brokers,
)
from localkafka.broker import tail
from localkafka.home import Home

_ENDING = frozenset({signal.SIGINT, signal.SIGTERM})


def main() -> int:
    """Run until SIGINT or SIGTERM (exit code 0), or until the broker ends by itself (1)."""
    arguments = _parser().parse_args()
    # Until it runs, SIGTERM unwinds as Ctrl-C does; what was started by then is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    since = time.monotonic()
    try:
        if arguments.nodes:
            return _run_nodes(arguments.nodes, arguments.data_dir)
        with running_broker(
            purpose=Purpose.DEMO,
            data_dir=arguments.data_dir,
            tell=_tell,
        ) as broker:
            seconds = time.monotonic() - since
            servers = broker.bootstrap_servers
            _tell(f"ready at {servers} via {broker.kind.value} in {seconds:.1f} s")
            print(servers, flush=True)  # noqa: T201 - the command's result
            return _wait(broker)
    except BrokerError as error:
        _tell(str(error))
        return 1
    except KeyboardInterrupt:
        return 0


def _run_nodes(nodes: int, data_dir: Path | None) -> int:
    """Run a cluster until a signal; one may lose nodes of it, so the end of one is no end."""
    with running_brokers(nodes=nodes, data_dir=data_dir, tell=_tell) as brokers:
        _tell(f"ready at {brokers.bootstrap_servers}")
        print(brokers.bootstrap_servers, flush=True)  # noqa: T201 - the command's result
        while True:  # the signal's handler raises
            signal.pause()


def _wait(broker: RunningBroker) -> int:
    """Wait for a signal; the death of a local broker's process is one."""
    awaited = _ENDING | ({signal.SIGCHLD} if broker.kind is BrokerKind.JAVA else set())
    before = signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
    try:
        if signal.sigwait(awaited) in _ENDING:
            return 0
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    said = Home(broker.data_dir).said() if broker.data_dir else ""
    _tell(f"the broker has ended by itself; it said last:{tail(said)}")
    return 1


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - for people


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m localkafka",
        description="Run a Kafka broker until Ctrl-C; its bootstrap servers go to stdout.",
    )
    parser.add_argument(
        "--data-dir",
        type=Path,
        metavar="DIR",
        help="keep the data of a local Java process here (default: thrown away)",
    )
    parser.add_argument(
        "--nodes",
        type=int,
        choices=(1, 3),
        help="a cluster of so many local Java processes; three replicate (default: choose one)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
