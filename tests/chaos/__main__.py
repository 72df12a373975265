"""`python -m chaos failures|cluster|broker|memory|scheduler|retention|statistics`.

The environment says how.

CHAOS_SEED: which moments are hit. CHAOS_DIR: a new folder that keeps all logs.
cluster: CHAOS_SECONDS; CHAOS_STAGES=real for the stages themselves in place of scripted ones.
broker: CHAOS_STOP_SECONDS, CHAOS_KILLS, CHAOS_JOBS.
memory: CHAOS_SECONDS, CHAOS_JOBS.
retention: CHAOS_JOBS.
failures: CHAOS_JOBS; CHAOS_SECONDS after which no more are submitted.
scheduler: CHAOS_JOBS; CHAOS_SECONDS within which they come due; CHAOS_KILLS of the broker.
statistics: CHAOS_SECONDS; CHAOS_KILLS of a worker meanwhile.
"""

import os
import sys
from collections.abc import Callable
from typing import Final

from chaos import cluster, memory, outage, summing
from chaos.failures import run as failures
from chaos.retention import run as retention
from chaos.scheduling import run as scheduling


def _number(name: str, default: int) -> int:
    return int(os.environ.get(f"CHAOS_{name}", default))


def _cluster() -> int:
    real = os.environ.get("CHAOS_STAGES") == "real"
    seconds = _number("SECONDS", 600)
    return cluster.run(cluster.Plan(seconds, _number("SEED", cluster.SEED), real=real))


def _broker() -> int:
    return outage.run(
        outage.Plan(
            stop_seconds=_number("STOP_SECONDS", 90),
            kills=_number("KILLS", 10),
            jobs=_number("JOBS", 15_000),
            seed=_number("SEED", cluster.SEED),
        )
    )


def _memory() -> int:
    return memory.run(memory.Plan(seconds=_number("SECONDS", 240), jobs=_number("JOBS", 500_000)))


def _failures() -> int:
    return failures.run(
        failures.Form(
            jobs=_number("JOBS", 20_000),
            seed=_number("SEED", cluster.SEED),
            seconds=_number("SECONDS", 86_400),
        )
    )


def _scheduler() -> int:
    return scheduling.run(
        scheduling.Form(
            jobs=_number("JOBS", 20_000),
            seconds=_number("SECONDS", 360),
            broker_kills=_number("KILLS", 3),
            seed=_number("SEED", cluster.SEED),
        )
    )


def _statistics() -> int:
    return summing.run(
        summing.Form(
            seconds=_number("SECONDS", 600),
            kills=_number("KILLS", 3),
            seed=_number("SEED", cluster.SEED),
        )
    )


def _retention() -> int:
    return retention.run(retention.Plan(jobs=_number("JOBS", 100_000)))


_SCENARIOS: Final[dict[str, Callable[[], int]]] = {
    "cluster": _cluster,
    "broker": _broker,
    "memory": _memory,
    "failures": _failures,
    "retention": _retention,
    "scheduler": _scheduler,
    "statistics": _statistics,
}

if __name__ == "__main__":
    sys.exit(_SCENARIOS[sys.argv[1]]())
