"""Handlers in worker processes, on a broker: what kills, hangs or grows costs its job alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.kafka.cluster import Cluster
from support.processes import Service
from support.waiting import DEADLINE_SECONDS, wait_until

from headway.declared.pipeline import Pipeline, StageDeclaration

pytestmark = [pytest.mark.broker, pytest.mark.e2e]

#: What a job does to its process: the error class it fails with, and words of the message.
_BAD = {
    "exit:137": ("WorkerCrashed", "exit code 137"),
    "segv": ("WorkerCrashed", "SIGSEGV"),
    "killself": ("WorkerCrashed", "memory ran out"),
    "spin": ("TimedOut", "timed out after 8 s"),
    "alloc:900": ("WorkerCrashed", "more than 500 MB"),
    "badresult:none": ("TypeError", "NoneType instead of Done"),
    "systemexit": ("SystemExit", "3"),
}


@pytest.mark.parametrize("declared", Pipeline.load().stages, ids=lambda stage: stage.name)
def test_what_a_handler_does_to_its_process_costs_its_job_alone(
    cluster: Cluster,
    start_stage: Callable[..., Service],
    tmp_path: Path,
    declared: StageDeclaration,
) -> None:
    """Every bad one is FAILED with what became of it, every good one done, by one process."""
    # Given a stage with worker processes, and good jobs among bad ones
    stage = declared.name
    first = [start_stage(name, f"before-{stage}") for name in _before(declared)]
    bad = {f"{stage}-bad-{at}": title for at, title in enumerate(_BAD)}
    good = [f"{stage}-good-{at}" for at in range(20)]
    isolated = {"isolated": 1, "handler_seconds": 8, "handler_memory_mb": 500}
    service = start_stage(
        stage, f"{stage}-workers", concurrency=3, scratch_dir=tmp_path, **isolated
    )

    # When they are submitted
    _submit(cluster, stage, bad, good)

    # Then the good ones are done
    cluster.wait_for_states(good, declared.done.name, seconds=DEADLINE_SECONDS)

    # And each bad one is failed, with one dead letter, and says why
    states = cluster.wait_for_states(bad, "FAILED", seconds=DEADLINE_SECONDS)
    errors = {job: states[job]["error"] for job in bad}
    assert [errors[job] for job in bad if not _says_why(errors[job], bad[job])] == []
    assert errors[_job(bad, "spin")]["message"] == f"{declared.label} timed out after 8 s"
    letters = [letter.key.decode() for letter in cluster.read(f"{stage}.dlq") if letter.key]
    assert sorted(letter for letter in letters if letter.startswith(stage)) == sorted(bad)

    # And the stage is the process it was, with nothing left on disk
    assert service.process.poll() is None
    assert [each.stop() for each in first] == [0] * len(first)
    assert service.stop(seconds=DEADLINE_SECONDS) == 0
    assert list(tmp_path.iterdir()) == []


def test_a_job_that_crashes_its_process_is_called_three_times(
    cluster: Cluster, start_stage: Callable[..., Service], tmp_path: Path
) -> None:
    """And done if the third call ends well."""
    # Given a job that kills its process until a file is there
    gate = tmp_path / "gate"
    service = start_stage("p1", "thrice", isolated=1, concurrency=1, scratch_dir=tmp_path)
    cluster.submit(["revived"], title=f"killunless:{gate}")

    # When it has done so twice
    wait_until(lambda: len(service.events("worker.ended")) > 1, service.tail)
    gate.touch()

    # Then it is done
    cluster.wait_for_states(["revived"], "PROCESS_1_DONE", seconds=DEADLINE_SECONDS)
    assert service.stop(seconds=DEADLINE_SECONDS) == 0


def _before(declared: StageDeclaration) -> list[str]:
    return [stage.name for stage in Pipeline.load().stages if stage.index < declared.index]


def _submit(cluster: Cluster, stage: str, bad: dict[str, str], good: list[str]) -> None:
    """Each bad one, what it does in its title, with two good ones behind it."""
    for at, (job, title) in enumerate(bad.items()):
        cluster.submit([job], title=f"{stage}:{title}")
        cluster.submit(good[2 * at : 2 * at + 2], title="ok")
    cluster.submit(good[2 * len(bad) :], title="ok")


def _says_why(error: dict[str, Any], title: str) -> bool:
    error_class, words = _BAD[title]
    return bool(error["error_class"] == error_class and words in error["message"])


def _job(jobs: dict[str, str], title: str) -> str:
    return next(job for job, found in jobs.items() if found == title)
