"""What tests of saying share: what is to be said, and an owner of partitions."""

import pytest
from support.clock import ManualClock
from support.kafka.messages import partition
from support.rooms.saying import Rig

from headway.owning.partition import OwnedPartition


@pytest.fixture
def rig(clock: ManualClock) -> Rig:
    return Rig(clock)


@pytest.fixture
def owner() -> OwnedPartition:
    return partition()
