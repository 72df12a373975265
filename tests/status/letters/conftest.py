"""A list of dead letters over records that a test writes."""

import pytest
from support.status.letters import Postbox
from support.status.rig import Rig
from support.status.topics import Log

from headway.wire.codec import Codec


@pytest.fixture
def post(rig: Rig, log: Log, codec: Codec) -> Postbox:
    """Writes letters to a list that has read all there was."""
    return Postbox(rig, log, codec)
