from pathlib import Path

import pytest
from support.handling import Handlers

from headway.objectstore import ObjectStore


@pytest.fixture
def handlers(tmp_path: Path) -> Handlers:
    return Handlers(ObjectStore.open("memory://"), tmp_path)
