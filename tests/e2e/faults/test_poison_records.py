"""Everything hostile that a record can be, between good jobs, through every stage."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.audit import faults, origin_of
from support.kafka.cluster import Cluster, Record
from support.keeper import Keeper
from support.processes import Service, free_port
from support.stages.poison import Fate, Poison
from support.stages.table import Table, fates_of, good, judge, named, wait_until_ended
from support.waiting import wait_until

from headway.declared.pipeline import Pipeline
from headway.edges.objectstore import ObjectStore

pytestmark = [pytest.mark.broker, pytest.mark.e2e, pytest.mark.slow]

_STAGES = [stage.name for stage in Pipeline.load().stages]


def test_no_record_stops_a_stage_and_each_fails_alone(
    cluster: Cluster, start: Callable[..., Service], tmp_path: Path
) -> None:
    """Bad records of every kind and size: each its own dead letter, all good jobs complete."""
    # Given every stage at work, and who tells of it
    stages = [start(f"support.stages.scripted_stage {name}") for name in _STAGES]
    port = free_port()
    keeper, table = Keeper([*stages, start("status", http_port=port)]), Table(cluster)

    # When records of every hostile kind come in between good jobs
    poison = table.kitchen.records()
    table.serve(poison)
    wait_until_ended(cluster, keeper, [*table.good, *named(poison)])

    # Then each record that had to fail has a dead letter, with its bytes
    letters = _letters(cluster, table, poison, keeper)
    store = ObjectStore.open(f"file://{tmp_path}/objects")
    wrong = {item.name for item in poison if not _kept(item, letters.get(item.name), store)}
    assert wrong == set()

    # And every job has one end and is told as it is, and nothing was started again
    judge(cluster, table.good, fates_of(poison))
    _wait_until_told(f"http://127.0.0.1:{port}", cluster, [*table.good, *named(poison)])
    assert keeper.restarts == {}, keeper.last_words


def test_nothing_under_the_key_of_an_ended_job_changes_it(
    cluster: Cluster, start: Callable[..., Service]
) -> None:
    """Garbage and tombstones under its key, in both sources: dead letters and nothing more."""
    # Given a job that has completed
    stages = [start(f"support.stages.scripted_stage {name}") for name in _STAGES]
    keeper, table = Keeper(stages), Table(cluster)
    table.serve([good("ended", table.kitchen)])
    wait_until_ended(cluster, keeper, ["ended", *table.good])
    before = [state for state in cluster.decoded("job-state") if state["job_id"] == "ended"]

    # When hostile records come under its key, and good jobs behind them
    late = table.kitchen.under_the_key_of("ended")
    table.serve(late)
    letters = _letters(cluster, table, late, keeper)
    wait_until_ended(cluster, keeper, table.good)

    # Then each is a dead letter, and no word was added to what is said of the job
    assert set(letters) == {item.name for item in late}
    after = [state for state in cluster.decoded("job-state") if state["job_id"] == "ended"]
    assert after == before
    assert faults(cluster, ["ended", *table.good]) == []
    assert keeper.restarts == {}, keeper.last_words


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


def _letters(
    cluster: Cluster, table: Table, poison: Iterable[Poison], keeper: Keeper
) -> dict[str, Record]:
    """The dead letter of each that has one, once all have that must."""
    names = {table.places[item.name]: item.name for item in poison}
    must = {item.name for item in poison if item.fate in {Fate.LETTER, Fate.FAILED}}

    def found() -> dict[str, Record]:
        letters = [letter for stage in _STAGES for letter in cluster.read(f"{stage}.dlq")]
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
