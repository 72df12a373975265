"""Everything hostile that a record or a handler can be, between good jobs, through both stages."""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.audit import faults, gather, origin_of
from support.kafka.cluster import Cluster, Record
from support.kafka.writing import sure_producer
from support.keeper import Keeper
from support.processes import Service, free_port
from support.stages.poison import Fate, Kitchen, Poison
from support.waiting import wait_until

from headway.edges import kafka
from headway.edges.objectstore import ObjectStore

pytestmark = [pytest.mark.broker, pytest.mark.e2e, pytest.mark.slow]

_ENDS = {"COMPLETED", "FAILED"}
#: What the hostile producer lets out; the topics decide by what is left after compression.
_MOST_BYTES = 1_000_000_000

#: Titles of handlers, each for p1 and for p2, and what becomes of the job.
_HANDLERS = {
    "permanent:because": Fate.FAILED,
    "permanent:\u202e\x00\U0001f600": Fate.FAILED,
    "transient:2": Fate.COMPLETED,
    "transient:99": Fate.FAILED,
    "bug": Fate.FAILED,
    "recursion": Fate.FAILED,
    "baseexc": Fate.FAILED,
    "systemexit": Fate.FAILED,
    "badstr": Fate.FAILED,
    "unpicklable": Fate.FAILED,
    "surrogate": Fate.FAILED,
    "bignoteexc:3000000": Fate.FAILED,
    "badnote": Fate.ENDED,
    "surrogatenote": Fate.ENDED,
    "bignote:1500000": Fate.ENDED,
    "badfraction:nan": Fate.ENDED,
    "badfraction:inf": Fate.ENDED,
    "badfraction:-7": Fate.ENDED,
    "badresult:none": Fate.FAILED,
    "badresult:text": Fate.FAILED,
    "badresult:empty": Fate.FAILED,
    "badresult:types": Fate.FAILED,
    "badresult:files": Fate.FAILED,
    "badresult:surrogate": Fate.FAILED,
    "hugefiles:50000": Fate.FAILED,
    "alloc:200": Fate.COMPLETED,
}

#: What a worker process survives of its handler; on threads each would end the stage.
_FATAL = {
    "exit:137": Fate.FAILED,
    "exit:0": Fate.FAILED,
    "segv": Fate.FAILED,
    "killself": Fate.FAILED,
    "spin": Fate.FAILED,
    "sleep:3600": Fate.FAILED,
    "alloc:4000": Fate.FAILED,
}


class Table:
    """Serves poison between good jobs, and knows where each record lies."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._producer = sure_producer(
            cluster.options, message_max_bytes=_MOST_BYTES, compression_type="zstd", linger_ms=20
        )
        self.kitchen = Kitchen(cluster.codec)
        self.places: dict[str, tuple[bytes, ...]] = {}
        self.good: list[str] = []

    def serve(self, poison: Iterable[Poison]) -> None:
        """Each record, and a good job behind it that has its partition more often than not."""
        for item in poison:
            self._produce(item)
            job_id = f"good-{len(self.good):03}"
            self.good.append(job_id)
            self._produce(_good(job_id, self.kitchen))
        assert self._producer.flush(60) == 0

    def _produce(self, item: Poison) -> None:
        self._producer.produce(
            self._cluster.catalog[item.topic].name,
            item.value,
            item.key,
            headers=item.headers,
            on_delivery=partial(self._delivered, item.name),
        )

    def _delivered(self, name: str, error: object, message: kafka.Message) -> None:
        assert error is None, f"{name}: {error}"
        assert message.offset() is not None, f"{name} lies nowhere"
        place = (message.topic(), message.partition(), message.offset())
        self.places[name] = tuple(str(part).encode() for part in place)


def test_no_record_stops_a_stage_and_each_fails_alone(
    cluster: Cluster, start: Callable[..., Service], tmp_path: Path
) -> None:
    """Bad records of every kind and size: each its own dead letter, all good jobs complete."""
    # Given both stages at work, and who tells of it
    stages = [start(f"support.stages.scripted_stage {name}") for name in ("p1", "p2")]
    port = free_port()
    keeper, table = Keeper([*stages, start("status", http_port=port)]), Table(cluster)

    # When records of every hostile kind come in between good jobs
    poison = table.kitchen.records()
    table.serve(poison)
    _wait_until_ended(cluster, keeper, [*table.good, *_named(poison)])

    # Then each record that had to fail has a dead letter, with its bytes
    letters = _letters(cluster, table, poison, keeper)
    store = ObjectStore.open(f"file://{tmp_path}/objects")
    wrong = {item.name for item in poison if not _kept(item, letters.get(item.name), store)}
    assert wrong == set()

    # And every job has one end and is told as it is, and nothing was started again
    _judge(cluster, table.good, _fates(poison))
    _wait_until_told(f"http://127.0.0.1:{port}", cluster, [*table.good, *_named(poison)])
    assert keeper.restarts == {}, keeper.last_words


def test_nothing_under_the_key_of_an_ended_job_changes_it(
    cluster: Cluster, start: Callable[..., Service]
) -> None:
    """Garbage and tombstones under its key, in both sources: dead letters and nothing more."""
    # Given a job that has completed
    stages = [start(f"support.stages.scripted_stage {name}") for name in ("p1", "p2")]
    keeper, table = Keeper(stages), Table(cluster)
    table.serve([_good("ended", table.kitchen)])
    _wait_until_ended(cluster, keeper, ["ended", *table.good])
    before = [state for state in cluster.decoded("job-state") if state["job_id"] == "ended"]

    # When hostile records come under its key, and good jobs behind them
    late = table.kitchen.under_the_key_of("ended")
    table.serve(late)
    letters = _letters(cluster, table, late, keeper)
    _wait_until_ended(cluster, keeper, table.good)

    # Then each is a dead letter, and no word was added to what is said of the job
    assert set(letters) == {item.name for item in late}
    after = [state for state in cluster.decoded("job-state") if state["job_id"] == "ended"]
    assert after == before
    assert keeper.restarts == {}, keeper.last_words


def test_no_handler_stops_a_stage_and_each_job_fails_alone(
    cluster: Cluster, start: Callable[..., Service]
) -> None:
    """Bad handlers of every kind on threads: only those that end the process end it, 3 times."""
    # Given both stages at work
    stages = [start(f"support.stages.scripted_stage {name}") for name in ("p1", "p2")]
    keeper, table = Keeper(stages), Table(cluster)

    # When handlers of every hostile kind run between good jobs, one of each stage's being fatal
    poison = _orders(_HANDLERS, table.kitchen)
    fatal = _orders({"exit:137": Fate.FAILED}, table.kitchen)
    table.serve([*poison, *fatal])
    _wait_until_ended(cluster, keeper, [*table.good, *_named(poison), *_named(fatal)])

    # Then every job has one end, and no stage was started again but for the fatal one
    _judge(cluster, table.good, _fates([*poison, *fatal]))
    assert set(keeper.restarts.values()) == {3}, keeper.last_words


def test_no_handler_stops_a_stage_with_worker_processes(
    cluster: Cluster, start: Callable[..., Service]
) -> None:
    """The same and worse in worker processes: each costs its own job, and no stage ends."""
    # Given both stages at work in processes of their own, with tight limits
    limits = {"isolated": 1, "handler_seconds": 3, "handler_memory_mb": 1000}
    stages = [start(f"support.stages.scripted_stage {name}", **limits) for name in ("p1", "p2")]
    keeper, table = Keeper(stages), Table(cluster)

    # When handlers of every hostile kind run between good jobs
    # (a count of failures is one process's own, so `transient:2` may fail as often as it is called)
    titles = {**_HANDLERS, **_FATAL, "transient:2": Fate.ENDED}
    poison = _orders(titles, table.kitchen)
    table.serve(poison)
    _wait_until_ended(cluster, keeper, [*table.good, *_named(poison)])

    # Then every job has one end, and no stage was started again
    _judge(cluster, table.good, _fates(poison))
    assert keeper.restarts == {}, keeper.last_words


def _orders(titles: dict[str, Fate], kitchen: Kitchen) -> list[Poison]:
    """A job for p1 and one for p2 of each title."""
    orders = []
    for stage in ("p1", "p2"):
        for number, (title, fate) in enumerate(titles.items()):
            job_id = f"{stage}.{number}.{title.partition(':')[0]}"
            value = kitchen.submission(job_id, title=f"{stage}:{title}")
            orders.append(Poison(job_id, fate, job_id.encode(), value))
    return orders


def _good(job_id: str, kitchen: Kitchen) -> Poison:
    return Poison(job_id, Fate.COMPLETED, job_id.encode(), kitchen.submission(job_id))


def _named(poison: Iterable[Poison]) -> list[str]:
    return [item.name for item in poison if item.fate is not Fate.LETTER]


def _fates(poison: Iterable[Poison]) -> dict[str, tuple[Fate, str]]:
    """By job: its fate and the stage that gives it up."""
    return {
        item.name: (item.fate, "p2" if item.name.startswith("p2.") else item.stage)
        for item in poison
        if item.fate is not Fate.LETTER
    }


def _wait_until_ended(cluster: Cluster, keeper: Keeper, job_ids: Iterable[str]) -> None:
    wanted = set(job_ids)

    def left() -> dict[str, str]:
        states = cluster.newest_states()
        told = {job_id: states.get(job_id, {}).get("status", "unknown") for job_id in wanted}
        return {job_id: status for job_id, status in told.items() if status not in _ENDS}

    wait_until(
        lambda: keeper.look() and not left(),
        lambda: f"not ended: {left()}\n" + "\n\n".join(keeper.last_words[-2:]),
    )


def _wait_until_told(url: str, cluster: Cluster, job_ids: Iterable[str]) -> None:
    """Wait until the status service says of every job what job-state says."""
    states = cluster.newest_states()
    wanted = {job_id: states[job_id]["status"] for job_id in job_ids}

    def told() -> dict[str, str]:
        with httpx.Client(base_url=url) as client:
            answers = {job_id: client.get(f"/jobs/{job_id}") for job_id in wanted}
        return {
            job_id: answer.json()["status"] if answer.is_success else answer.text
            for job_id, answer in answers.items()
        }

    wait_until(lambda: told() == wanted, lambda: set(told().items()) ^ set(wanted.items()))


def _judge(cluster: Cluster, good: list[str], fates: dict[str, tuple[Fate, str]]) -> None:
    states = cluster.newest_states()
    failed = {
        job_id: stage
        for job_id, (fate, stage) in fates.items()
        if fate is Fate.FAILED or (fate is Fate.ENDED and states[job_id]["status"] == "FAILED")
    }
    assert faults(gather(cluster), [*good, *fates], failed=failed) == []


def _letters(
    cluster: Cluster, table: Table, poison: Iterable[Poison], keeper: Keeper
) -> dict[str, Record]:
    """The dead letter of each that has one, once all have that must."""
    names = {table.places[item.name]: item.name for item in poison}
    must = {item.name for item in poison if item.fate in {Fate.LETTER, Fate.FAILED}}

    def found() -> dict[str, Record]:
        letters = [letter for stage in ("p1", "p2") for letter in cluster.read(f"{stage}.dlq")]
        return {names[origin_of(letter)]: letter for letter in letters}

    wait_until(lambda: keeper.look() and must <= found().keys(), lambda: must - found().keys())
    return found()


def _kept(item: Poison, letter: Record | None, store: ObjectStore) -> bool:
    """Whether the letter has the record's bytes, or says where they lie."""
    if letter is None:
        return item.fate in {Fate.COMPLETED, Fate.ENDED}
    claim = letter.headers.get("headway.claim")
    value: Any = store.get_bytes(claim.decode()) if claim else letter.value
    return bool(value == item.value and letter.key == item.key)
