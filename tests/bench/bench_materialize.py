"""Materializing job-state against a bare confluent-kafka reader into a dict.

The topic holds three states a job, in the order in which a pipeline with a thousand jobs in
flight writes them. Both read it from the first record to the end of every partition with the same
client options; ours decodes, merges, stores in SQLite and makes the indexes, until the table
answers. They take turns, and the median of the ratios counts.

Beside it stands a bare reader with the client's own defaults. Of a topic larger than its queue
(64 MiB) it may stand still for a second at a time (`fetch.queue.backoff.ms`), which a slower
reader does not notice: a ratio to that would flatter.
"""

import gc
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from support.kafka.cluster import Cluster

from headway.declared.pipeline import Pipeline
from headway.edges import kafka
from headway.edges.messages import is_end_of_partition
from status.reading.materializer import Materializer
from status.reading.session import READING, Session
from status.server import COLLECT_AFTER_OBJECTS
from status.table.database import FILE_NAME
from status.table.position import Source
from status.table.store import Store

JOBS = 66_667
IN_FLIGHT = 1000
FRAME_RECORDS = 1000
ROUNDS = 5
#: What both have in common, and nothing more.
DEFAULTS = {name: READING[name] for name in ("enable_partition_eof", "auto_offset_reset")}
STATES = (
    ("PROCESS_1_RUNNING", 30, "p1", 1, 0),
    ("PROCESS_1_DONE", 50, "p1", 1, 1),
    ("COMPLETED", 100, "p2", 2, 1),
)


def materializing(bootstrap: str) -> float:
    """Print records/s of both, round by round; the median ratio."""
    cluster = Cluster(bootstrap)
    records = _fill(cluster)
    gc.set_threshold(COLLECT_AFTER_OBJECTS)
    ratios = []
    for number in range(1, ROUNDS + 1):
        bare = records / _bare_seconds(cluster, READING)
        ours = records / _our_seconds(cluster)
        untuned = records / _bare_seconds(cluster, DEFAULTS)
        ratios.append(ours / bare)
        print(
            f"  round {number}: bare {bare:8,.0f} records/s, ours {ours:8,.0f}, {ours / bare:.2f}"
        )
        print(f"           bare with the client's defaults {untuned:8,.0f}")
    return statistics.median(ratios)


def _bare_seconds(cluster: Cluster, options: Mapping[str, Any]) -> float:
    topic = cluster.catalog["job-state"]
    newest: dict[bytes | None, bytes | None] = {}
    begun = time.perf_counter()
    consumer = kafka.consumer(cluster.options, **options)
    consumer.assign([kafka.TopicPartition(topic.name, p, 0) for p in range(topic.partitions)])
    ended = 0
    while ended < topic.partitions:
        for message in consumer.consume(1000, 0.1):
            if message.error() is None:
                newest[message.key()] = message.value()
            else:
                ended += is_end_of_partition(message)
    seconds = time.perf_counter() - begun
    consumer.close()
    _check(len(newest))
    return seconds


def _our_seconds(cluster: Cluster) -> float:
    topic = cluster.catalog["job-state"]
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / FILE_NAME) as store:
        materializer = Materializer(store, cluster.catalog, Pipeline.load(), cluster.codec)
        materializer.bind("benchmark")
        offsets = {(Source.STATE, partition): 0 for partition in range(topic.partitions)}
        begun = time.perf_counter()
        session = Session(cluster.options, {topic.name: Source.STATE}, offsets)
        while not session.caught_up:
            if len(batch := session.read()):
                materializer.apply(batch)
        materializer.finish()
        seconds = time.perf_counter() - begun
        session.close()
        _check(len(store.current(f"job-{number:032}" for number in range(JOBS))))
    return seconds


def _fill(cluster: Cluster) -> int:
    topic = cluster.catalog["job-state"].name
    producer = kafka.producer(cluster.options, transactional_id=f"{cluster.prefix}bench")
    producer.init_transactions(30)
    count = 0
    for count, (job_id, value) in enumerate(_states(cluster), 1):
        if count % FRAME_RECORDS == 1:
            producer.begin_transaction()
        producer.produce(topic, value, job_id)
        if count % FRAME_RECORDS == 0:
            producer.commit_transaction(30)
    if count % FRAME_RECORDS:
        producer.commit_transaction(30)
    return count


def _states(cluster: Cluster) -> Iterator[tuple[str, bytes]]:
    rng = random.Random(1)
    waiting = iter(range(JOBS))
    lives = [[number, 0] for number in islice(waiting, IN_FLIGHT)]
    while lives:
        place = rng.randrange(len(lives))
        number, step = lives[place]
        job_id = f"job-{number:032}"
        yield job_id, _state(cluster, job_id, step)
        lives[place][1] += 1
        if lives[place][1] == len(STATES):
            lives[place] = lives[-1]
            lives.pop()
            lives += [[number, 0] for number in (next(waiting, None),) if number is not None]


def _state(cluster: Cluster, job_id: str, step: int) -> bytes:
    status, percent, stage, stage_index, number = STATES[step]
    at = 1_760_000_000_000
    reached = ("QUEUED", *(name for name, *_ in STATES[: step + 1]))
    files = [("report.html", "text/html"), ("report.xlsx", "application/octet-stream")]
    return cluster.codec.encode(
        "job-state",
        {
            "job_id": job_id,
            "attempt": 1,
            "title": "measurements-2024.csv",
            "submitted_at": at,
            "submitted_offset": 1000,
            "timeline": [{"status": name, "at": at} for name in reached],
            "updated_at": at,
            "stage_index": stage_index,
            "step": number,
            "terminal": status == "COMPLETED",
            "status": status,
            "progress": percent,
            "stage": stage,
            "error": None,
            "result": [
                {
                    "name": name,
                    "media_type": media_type,
                    "key": f"jobs/{job_id}/p2/{name}",
                    "size_bytes": 100_000,
                }
                for name, media_type in files
                if status == "COMPLETED"
            ],
        },
    )


def _check(jobs: int) -> None:
    if jobs != JOBS:
        raise RuntimeError(f"{jobs} jobs were read, expected {JOBS}")
