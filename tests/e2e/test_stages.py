"""A real job through every stage that the pipeline declares, however many there are."""

from collections.abc import Callable
from pathlib import Path

import pytest
from support.kafka.cluster import Cluster
from support.processes import Service

from headway.edges.objectstore import ObjectStore

pytestmark = [pytest.mark.broker, pytest.mark.e2e]

_PENGUINS = Path(__file__).parents[2] / "demo/penguins.csv"


def test_a_job_goes_through_every_stage_and_ends_with_the_files_of_the_last(
    cluster: Cluster, start: Callable[..., Service], tmp_path: Path
) -> None:
    """One output of each, every step told, and what the last stage has made can be downloaded."""
    # Given the stages as they are declared, and a real data file
    stages = cluster.pipeline.stages
    services = [start(stage.name, concurrency=1) for stage in stages]

    # When it is submitted
    cluster.submit(["real"], title="penguins.csv", content=_PENGUINS.read_bytes())

    # Then it ends completed, after the steps of every stage
    state = cluster.wait_for_states(["real"], stages[-1].done.name)["real"]
    assert (state["status"], state["progress"], state["terminal"]) == ("COMPLETED", 100, True)
    assert [step["status"] for step in state["timeline"]] == list(cluster.pipeline.steps)
    assert [cluster.outputs(stage.name) for stage in stages] == [{"real": 1}] * len(stages)

    # And its files are there, one of the last stage among them
    store = ObjectStore.open(f"file://{tmp_path}/objects")
    sizes = {file["key"]: file["size_bytes"] for file in state["result"]}
    assert {key: store.size(key) for key in sizes} == sizes
    assert any(key.startswith(f"jobs/real/{stages[-1].name}/") for key in sizes)
    assert [service.stop() for service in services] == [0] * len(services)
