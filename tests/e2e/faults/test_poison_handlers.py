"""Everything hostile that a handler can be, between good jobs, through every stage."""

from collections.abc import Callable

import pytest
from support.kafka.cluster import Cluster
from support.keeper import Keeper
from support.processes import Service
from support.stages.poison import Fate, Kitchen, Poison
from support.stages.table import Table, fates_of, judge, named, wait_until_ended

from headway.declared.pipeline import Pipeline

pytestmark = [pytest.mark.broker, pytest.mark.e2e, pytest.mark.slow]

_STAGES = [stage.name for stage in Pipeline.load().stages]

#: Titles of handlers, each for every stage, and what becomes of the job.
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


def test_no_handler_stops_a_stage_and_each_job_fails_alone(
    cluster: Cluster, start: Callable[..., Service]
) -> None:
    """Bad handlers of every kind on threads: only those that end the process end it, 3 times."""
    # Given every stage at work
    stages = [start(f"support.stages.scripted_stage {name}") for name in _STAGES]
    keeper, table = Keeper(stages), Table(cluster)

    # When handlers of every hostile kind run between good jobs, one of each stage's being fatal
    poison = _orders(_HANDLERS, table.kitchen)
    fatal = _orders({"exit:137": Fate.FAILED}, table.kitchen)
    table.serve([*poison, *fatal])
    wait_until_ended(cluster, keeper, [*table.good, *named(poison), *named(fatal)])

    # Then every job has one end, and no stage was started again but for the fatal one
    judge(cluster, table.good, fates_of([*poison, *fatal]))
    assert set(keeper.restarts.values()) == {3}, keeper.last_words


def test_no_handler_stops_a_stage_with_worker_processes(
    cluster: Cluster, start: Callable[..., Service]
) -> None:
    """The same and worse in worker processes: each costs its own job, and no stage ends."""
    # Given every stage at work in processes of their own, with tight limits
    limits = {"isolated": 1, "handler_seconds": 8, "handler_memory_mb": 1000}
    stages = [start(f"support.stages.scripted_stage {name}", **limits) for name in _STAGES]
    keeper, table = Keeper(stages), Table(cluster)

    # When handlers of every hostile kind run between good jobs
    # (a count of failures is one process's own, so `transient:2` may fail as often as it is called)
    titles = {**_HANDLERS, **_FATAL, "transient:2": Fate.ENDED}
    poison = _orders(titles, table.kitchen)
    table.serve(poison)
    wait_until_ended(cluster, keeper, [*table.good, *named(poison)])

    # Then every job has one end, and no stage was started again
    judge(cluster, table.good, fates_of(poison))
    assert keeper.restarts == {}, keeper.last_words


def _orders(titles: dict[str, Fate], kitchen: Kitchen) -> list[Poison]:
    """A job for each stage of each title."""
    orders = []
    for stage in _STAGES:
        for number, (title, fate) in enumerate(titles.items()):
            job_id = f"{stage}.{number}.{title.partition(':')[0]}"
            value = kitchen.submission(job_id, title=f"{stage}:{title}")
            orders.append(Poison(job_id, fate, job_id.encode(), value))
    return orders
