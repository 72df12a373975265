"""What tests of a whole stage over fakes share."""

import pytest
from support.stages.counted import Counted


@pytest.fixture
def counted(name: str) -> Counted:
    """How far a metric of the stage has risen since the test began."""
    return Counted(name)
