"""`make bench`: every ratio against a reference measured in the same run; judges nothing."""

import sys
from collections.abc import Callable
from contextlib import nullcontext

from bench.bench_guards import guards
from bench.bench_index import loading
from bench.bench_latency import idle_latency
from bench.bench_materialize import materializing
from bench.bench_stage import side_by_side, throughput, together
from bench.bench_traces import traces
from bench.costing.bench_cost import cost
from bench.expecting.bench_expected import expected
from bench.failing.bench_order import order
from bench.failing.bench_redrive import redrive
from bench.failing.bench_retries import lateness, retries
from bench.planning.bench_plan import planned

from localkafka import running_broker

BENCHMARKS: dict[str, tuple[Callable[[str], float], str, str]] = {
    "throughput": (throughput, "no-op stage / bare transactional loop", "aim >= 0.6"),
    "latency": (idle_latency, "POST to SSE / two bare hops, p50", "aim <= 2"),
    "materialize": (materializing, "into SQLite / bare reader into a dict", "aim >= 0.6"),
    "index": (loading, "index of 30 days / of 300, a million states", "aim <= 0.15"),
    "guards": (guards, "call in a closed breaker / bare call", "aim <= 5"),
    "order": (order, "ordering: key / none, a tenth of the jobs failing once", "aim >= 0.5"),
    "retries": (retries, "one job in ten fails once / none does, jobs/s", "aim >= 0.5"),
    "lateness": (lateness, "late by, p99: 50,000 wait / 500 wait", "aim <= 3"),
    "redrive": (redrive, "10,000 dead letters sent back / as many submitted, jobs/s", "aim >= 0.2"),
    "cost": (cost, "CPU of p1 and p2 in that of all services, a job of 1 kB", "told, no aim"),
    "plan": (planned, "headway plan / measured, the worst p95", "aim <= 1.25"),
    "expected": (
        expected,
        "said of a job's end, off by a share of the truth, median",
        "aim <= 0.25",
    ),
    "traces": (traces, "CPU a job, 1 % of them recorded / traces off", "aim <= 1.6"),
    "batches": (together, "50 ms calls of 20 jobs / 20 times concurrency per 50 ms", "aim >= 0.9"),
    "parallel": (side_by_side, "50 ms handlers / concurrency per 50 ms", "aim >= 0.9"),
}


def main() -> None:
    """Run the benchmarks named on the command line, or all, on one broker."""
    names = sys.argv[1:] or list(BENCHMARKS)
    results = []
    with nullcontext() if names == ["guards"] else running_broker() as broker:
        for name in names:
            run, meaning, aim = BENCHMARKS[name]
            print(f"{name}: {meaning}", flush=True)
            bootstrap = broker.bootstrap_servers if broker else ""
            results.append((name, run(bootstrap), meaning, aim))
    print()
    for name, ratio, meaning, aim in results:
        print(f"{name:12} {ratio:5.2f}  {meaning} ({aim})")


if __name__ == "__main__":
    main()
