"""Fetch what it takes to run Kafka here; exit code 1, and why, if it cannot be run."""

import os
import sys
from functools import partial

from localkafka import BrokerError, BrokerKind, Purpose, choose
from localkafka.docker import docker_answers
from localkafka.jvm import find_java, kafka_jars


def main() -> int:
    # The demo asks more of Docker than the tests do: what suits it suits both.
    kind = choose(os.environ, docker_answers=partial(docker_answers, Purpose.DEMO, os.environ))
    if kind is not BrokerKind.JAVA:
        return 0
    try:
        find_java(os.environ)
        kafka_jars(os.environ, _tell)
    except BrokerError as error:
        _tell(str(error))
        return 1
    return 0


def _tell(line: str) -> None:
    print(f"install: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
