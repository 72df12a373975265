"""A scripted handler in a worker process."""

from collections.abc import Iterator

import pytest
from support.stages.isolated import isolated

from headway.workers.processes import InProcesses


@pytest.fixture(scope="module")
def handler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcesses]:
    with isolated(tmp_path_factory.mktemp("scratch")) as handler:
        yield handler
