"""Partitions read to their ends, as far as is committed when it begins, with progress on stderr."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Final

from headway.desk.cluster import Cluster
from headway.desk.subcommand import CannotRun
from headway.desk.telling import Progress
from headway.edges import kafka
from headway.edges.admin import Place, ends
from headway.following.follower import Follower, Span, Spans

_POLL_SECONDS: Final = 0.2
#: That the end is reached comes with an answer to a fetch, which an empty one delays.
_READING: Final = {"fetch_wait_max_ms": 10}
_BATCH_RECORDS: Final = 10_000
TIMES_SECONDS: Final = 8.0
#: Without a record for so long, the cluster is away.
STALL_SECONDS: Final = 30.0


def read_to_end(
    cluster: Cluster, places: Iterable[Place], words: str, *, since: int | None = None
) -> Iterator[kafka.Message]:
    """All records of *places*, those of one in order; from *since* (ms) on if it is given.

    Raises:
        CannotRun: the cluster went away.
        KafkaException, OffsetLost: it refuses, or removes what is being read.
    """
    firsts = _firsts(cluster, list(places), since)
    found = (
        ends(kafka.admin_client(cluster.options), firsts, kafka.IsolationLevel.READ_COMMITTED)
        if firsts
        else {}
    )
    if missing := firsts.keys() - found.keys():
        raise CannotRun(f"no answer about the end of {_named(missing)}")
    sources = {topic: topic for topic, _ in firsts}
    follower = Follower(
        cluster.options, sources, _until(found), reading=_READING, most_records=_BATCH_RECORDS
    )
    with closing(follower):
        # Asked before it is connected, the client waits half a second to ask where a log begins.
        for topic in sources:
            follower.connect(topic)
        for place, first in firsts.items():
            follower.add(place, first)
        yield from _followed(follower, firsts, found, words)


def _followed(
    follower: Follower[str], firsts: Mapping[Place, int], end: Mapping[Place, int], words: str
) -> Iterator[kafka.Message]:
    reached = {place: max(0, first) for place, first in firsts.items()}
    begun = sum(reached.values())
    progress = Progress(words, sum(end.values()) - begun)
    heard_at = time.monotonic()
    while follower.behind:
        batch = follower.read(_POLL_SECONDS)
        batch.check()
        if batch.offsets:
            heard_at = time.monotonic()
        elif time.monotonic() - heard_at > STALL_SECONDS:
            raise CannotRun(f"nothing came of {_named(follower.behind)} for {STALL_SECONDS:g} s")
        for topic in {topic for topic, _ in end}:
            for message in batch.of(topic):
                place = topic, message.partition() or 0
                # What was written since belongs to the next look.
                if (message.offset() or 0) < end[place]:
                    yield message
        reached.update(batch.offsets)
        for place in [p for p in follower.behind if reached[p] >= end[p]]:
            follower.drop(place)
        progress.at(sum(reached.values()) - begun)
    progress.over()


def _firsts(cluster: Cluster, places: Sequence[Place], since: int | None) -> dict[Place, int]:
    if since is None or not places:
        return dict.fromkeys(places, kafka.OFFSET_BEGINNING)
    consumer = kafka.consumer(cluster.options)
    try:
        asked = [kafka.TopicPartition(*place, max(0, since)) for place in places]
        found = consumer.offsets_for_times(asked, timeout=TIMES_SECONDS)
    finally:
        consumer.close()
    # Below zero nothing is as young.
    return {(at.topic, at.partition): at.offset for at in found if at.offset >= 0}


def _until(end: Mapping[Place, int]) -> Spans:
    def spans(_: kafka.Consumer, asked: Sequence[kafka.TopicPartition]) -> Mapping[Place, Span]:
        return {
            (at.topic, at.partition): Span(at.offset, end[at.topic, at.partition]) for at in asked
        }

    return spans


def _named(places: Iterable[Place]) -> str:
    return ", ".join(f"{topic}[{index}]" for topic, index in sorted(places))
