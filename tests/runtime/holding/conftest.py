"""What tests of held jobs share: who releases them, and who opens the window."""

import pytest
from support.holding.calendar import Calendar
from support.stages.commander import Commander
from support.stages.stage_rig import FakeCluster


@pytest.fixture
def commands(cluster: FakeCluster) -> Commander:
    return Commander(cluster)


@pytest.fixture
def calendar(cluster: FakeCluster) -> Calendar:
    return Calendar(cluster)
