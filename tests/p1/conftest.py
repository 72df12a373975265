from pathlib import Path

import pytest
from support.stages.handling import Handlers

from headway.edges.objectstore import ObjectStore


@pytest.fixture
def handlers(tmp_path: Path) -> Handlers:
    return Handlers(ObjectStore.open("memory://"), tmp_path)
