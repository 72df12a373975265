"""How long a stage takes to load its index of jobs, as against all states there are."""

import os
import time
import uuid
from dataclasses import dataclass

from support.rooms.stateread import CODEC, state
from support.waiting import wait_until

from headway.edges import kafka
from headway.following.indexloader import IndexLoader
from headway.following.stateread import Noting

_STATES = int(os.environ.get("STATES", "1000000"))
_DAY_MS = 24 * 3600 * 1000
_DAYS, _KEPT_DAYS = 300, 30


@dataclass
class _Reader:
    """A stage that has read the one record of its source."""

    topic: str
    index: int = 0
    begins: int = 1
    lost: bool = False


def loading(bootstrap: str) -> float:
    """The time for a tenth of a million states, as a part of the time for all."""
    options: kafka.Options = {"bootstrap.servers": bootstrap}
    prefix = f"index-{uuid.uuid4().hex[:8]}"
    source, states = f"{prefix}.source", f"{prefix}.states"
    _write(options, source, states)
    keeps = None, _KEPT_DAYS * _DAY_MS
    rounds = [[_load(options, source, states, keep_ms) for keep_ms in keeps] for _ in range(2)]
    return min(recent for _, recent in rounds) / min(whole for whole, _ in rounds)


def _write(options: kafka.Options, source: str, states: str) -> None:
    admin = kafka.admin_client(options)
    config = {"message.timestamp.type": "CreateTime", "retention.ms": "-1"}
    topics = [kafka.NewTopic(name, 1, 1, config=config) for name in (source, states)]
    for created in admin.create_topics(topics).values():
        created.result()
    producer = kafka.producer(options, linger_ms=20, queue_buffering_max_messages=200_000)
    now_ms, value = int(time.time() * 1000), state(2, 1, terminal=True)
    first_ms, step_ms = now_ms - _DAYS * _DAY_MS, _DAYS * _DAY_MS / _STATES
    producer.produce(source, key=b"job", value=b"value", partition=0, timestamp=now_ms)
    for number in range(_STATES):
        at_ms = first_ms + int(number * step_ms)
        key = b"%032d" % number
        while True:
            try:
                producer.produce(states, key=key, value=value, partition=0, timestamp=at_ms)
            except BufferError:
                producer.poll(0.1)
            else:
                break
    producer.flush()


def _load(options: kafka.Options, source: str, states: str, keep_ms: int | None) -> float:
    loader = IndexLoader(options, states, Noting(CODEC, "job-state", 1), keep_ms=keep_ms)
    loader.open()
    began = time.monotonic()
    loader.start([_Reader(source)])
    found = wait_until(loader.loaded, pause_seconds=0.005)
    took = time.monotonic() - began
    loader.close()
    jobs = found[0].jobs
    print(f"  {len(jobs):,} jobs in {took:.2f} s, {jobs.tables} tables", flush=True)
    return took
