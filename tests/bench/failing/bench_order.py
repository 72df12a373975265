"""What each answer to a pipeline's four questions costs: docs/howto/four-questions.md.

A p1 whose jobs take 2 ms, of which a tenth fail once and are done when they come again.
"""

import os
import statistics
from functools import partial

from bench.rig import process, span_seconds, wait_for_group
from support.kafka.cluster import Cluster
from support.kafka.payloads import given

JOBS = 6_000
FAILING = 10
CUSTOMERS = 600
ROUNDS = 3
SLEEP_SECONDS = 0.002
DELAYS = "0.2,0.2,0.2"


def order(bootstrap: str) -> float:
    """Print jobs/s of each answer; that of `ordering: key` to `none`, a tenth failing once."""
    rate = partial(_rate, bootstrap)
    rounds = [(rate(), rate(ordering="key")) for _ in range(ROUNDS)]
    none, key = (statistics.median(found) for found in zip(*rounds, strict=True))
    ratio = statistics.median(key / none for none, key in rounds)
    rows = {
        "ordering: none": none,
        "ordering: key": key,
        "ordering: key, 30 customers": rate(customers=30, ordering="key"),
        "ordering: none, nothing fails": rate(failing=0),
        "ordering: key, nothing fails": rate(failing=0, ordering="key"),
        "no later tries (RETRY_TRIES=0)": rate(retry_tries=0),
        "one at a time (CONCURRENCY=1)": rate(concurrency=1, failing=0),
    }
    for name, found in rows.items():
        print(f"  {name:32} {found:8,.0f} jobs/s ({found / none:.2f})")
    return ratio


def _rate(
    bootstrap: str, *, failing: int = FAILING, customers: int = CUSTOMERS, **settings: object
) -> float:
    """Jobs done in a second."""
    cluster = Cluster(bootstrap)
    for number in range(JOBS):
        job_id, customer = f"job-{number}", number % customers
        value = given("p1", job_id, order_key=f"customer {customer}")
        cluster.produce("jobs.submitted", key=job_id.encode(), value=value, partition=customer % 6)
    cluster.flush()
    lost = failing and settings.get("retry_tries") == 0
    done = JOBS - (JOBS // failing if lost else 0)
    told = {"retry_delays": DELAYS, "sleep_seconds": SLEEP_SECONDS, "failing": failing}
    environment = cluster.environment(object_store_url="memory://", **{**told, **settings})
    source, sink = cluster.catalog["jobs.submitted"].name, cluster.catalog["jobs.p1-done"].name
    with process("failing/flaky_stage.py", "p1", environment={**os.environ, **environment}):
        wait_for_group(cluster, cluster.prefix + "p1", source, JOBS)
        cluster.wait_for_outputs("p1", done)
    return done / span_seconds(cluster, sink, done)
