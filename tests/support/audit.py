"""What every record on the cluster says together: nothing lost, nothing twice, nothing untrue.

`gather` reads all topics as a read_committed consumer does, `faults` judges them; the judgement
is a function of what was read, so it is tried on histories that were planted.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from support.kafka.cluster import Cluster, Record

from headway.declared.pipeline import Pipeline

#: Stage, the topic of its outputs, the topic of its dead letters.
_STAGES: Final = tuple((s.name, s.sink, s.dead_letters) for s in Pipeline.load().stages)
_FAILED: Final = Pipeline.load().failed
_TOPICS: Final = ("job-state", *[topic for _, *topics in _STAGES for topic in topics])
_MOST_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class State:
    """A record of job-state and where it lies."""

    partition: int
    offset: int
    value: dict[str, Any]


@dataclass(slots=True)
class Evidence:
    """The visible records: states decoded, the others by topic as they are."""

    states: list[State] = field(default_factory=list)
    records: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))


def gather(cluster: Cluster) -> Evidence:
    """Read every topic to its end. Blocks."""
    evidence = Evidence()
    for topic in _TOPICS:
        evidence.records[topic] = cluster.read(topic)
    evidence.states = [
        State(
            record.partition,
            record.offset,
            cluster.codec.decode(record.value, "job-state"),
        )
        for record in evidence.records.pop("job-state")
        if record.value is not None
    ]
    return evidence


def faults(
    evidence: Evidence, job_ids: Iterable[str], *, failed: dict[str, str] | None = None
) -> list[str]:
    """All that is wrong with *job_ids*, which have all ended; empty if nothing is.

    *failed* names the stage in which a job has to have FAILED; every other has to be COMPLETED.
    """
    expected = {job_id: (failed or {}).get(job_id) for job_id in job_ids}
    found = [
        *_backwards(evidence.states),
        *_wrong_ends(evidence.states, expected),
        *_wrong_outputs(evidence, expected),
        *_letters_twice(evidence),
        *_wrong_letters(evidence, expected),
        *_moved(evidence),
    ]
    return [*found[:_MOST_SHOWN], f"... {len(found)} in all"] if len(found) > 99 else found


def _backwards(states: Sequence[State]) -> Iterator[str]:
    """A job's states, in the order of their offsets, go forward only; its end comes once."""
    before: dict[str, State] = {}
    for state in sorted(states, key=lambda state: (state.partition, state.offset)):
        job_id = state.value["job_id"]
        last = before.get(job_id)
        if last is not None and not _may_follow(last.value, state.value):
            yield (
                f"{job_id}: {state.value['status']} at {state.partition}:{state.offset} "
                f"after {last.value['status']} at {last.partition}:{last.offset}"
            )
        before[job_id] = state


def _may_follow(last: dict[str, Any], value: dict[str, Any]) -> bool:
    """Only RUNNING may be told twice: a job that is done again begins again."""
    if last["terminal"] and value["attempt"] == last["attempt"]:
        return False
    return _rank(value) > _rank(last) or (_rank(value) == _rank(last) and not value["step"])


def _rank(value: dict[str, Any]) -> tuple[int, int, int]:
    return value["attempt"], value["stage_index"], value["step"]


def _wrong_ends(states: Sequence[State], expected: dict[str, str | None]) -> Iterator[str]:
    newest = {
        state.value["job_id"]: state.value
        for state in sorted(states, key=lambda state: (state.partition, state.offset))
    }
    for job_id, stage in expected.items():
        state = newest.get(job_id)
        told = ("nothing", "") if state is None else (state["status"], state["stage"])
        wanted = ("COMPLETED", _STAGES[-1][0]) if stage is None else ("FAILED", stage)
        if told != wanted:
            yield f"{job_id}: the newest state is {told}, not {wanted}"


def _wrong_outputs(evidence: Evidence, expected: dict[str, str | None]) -> Iterator[str]:
    for number, (_, topic, _) in enumerate(_STAGES):
        counted = Counter(record.key for record in evidence.records[topic])
        for job_id, stage in expected.items():
            ended_at = len(_STAGES) if stage is None else _index(stage)
            wanted = int(number < ended_at)
            if (found := counted[job_id.encode()]) != wanted:
                yield f"{job_id}: {found} outputs in {topic}, not {wanted}"


def _letters_twice(evidence: Evidence) -> Iterator[str]:
    """A record is given up once: no two letters have one origin."""
    for _, _, topic in _STAGES:
        origins = Counter(map(origin_of, evidence.records[topic]))
        yield from (
            f"{topic}: {n} dead letters of {origin}" for origin, n in origins.items() if n > 1
        )


def _wrong_letters(evidence: Evidence, expected: dict[str, str | None]) -> Iterator[str]:
    """Each FAILED names a letter that is there, and it is of a job that was to fail."""
    places = {
        (topic, letter.partition, letter.offset)
        for _, _, topic in _STAGES
        for letter in evidence.records[topic]
    }
    for state in evidence.states:
        if state.value["status"] != _FAILED:
            continue  # one that waits or was cancelled has an error, and no letter
        error = state.value["error"]
        place = error["dead_letter"]
        if place is None or _place(place, places) is None:
            yield f"{state.value['job_id']}: FAILED names the dead letter {place}, which is none"
        if expected.get(state.value["job_id"], "unknown") is None:
            yield f"{state.value['job_id']}: FAILED with {error['error_class']}: {error['message']}"


def _place(named: dict[str, Any], places: set[tuple[str, int, int]]) -> tuple[str, int, int] | None:
    """The letter that is meant; topics on the cluster have a prefix, here they have none."""
    return next(
        (
            (topic, named["partition"], named["offset"])
            for _, _, topic in _STAGES
            if named["topic"].endswith(topic)
            and (topic, named["partition"], named["offset"]) in places
        ),
        None,
    )


def _moved(evidence: Evidence) -> Iterator[str]:
    """All that is said of a job is in one partition number."""
    homes: defaultdict[bytes, set[int]] = defaultdict(set)
    for state in evidence.states:
        homes[state.value["job_id"].encode()].add(state.partition)
    for _, topic, _ in _STAGES:
        for record in evidence.records[topic]:
            homes[record.key or b""].add(record.partition)
    yield from (
        f"{key!r} is in partitions {found}" for key, found in homes.items() if len(found) > 1
    )


def origin_of(letter: Record) -> tuple[bytes, ...]:
    """Topic, partition and offset of the record a dead letter is of."""
    return tuple(letter.headers[f"headway.{name}"] for name in ("topic", "partition", "offset"))


def _index(stage: str) -> int:
    return [name for name, *_ in _STAGES].index(stage)
