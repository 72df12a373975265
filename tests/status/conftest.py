"""The status service in this process over records in lists, and as a real process on a broker."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.status.records import Records
from support.status.rig import Rig
from support.status.topics import Log
from support.status.web import Web

from headway.wire.codec import Codec


@pytest.fixture(scope="session")
def codec() -> Codec:
    return Codec()


@pytest.fixture
def records(codec: Codec) -> Records:
    return Records(codec)


@pytest.fixture
def log(records: Records) -> Log:
    return Log(records)


@pytest.fixture
def building(tmp_path: Path, log: Log, codec: Codec) -> Iterator[Rig]:
    """A service whose table is still being built."""
    rig = Rig(tmp_path, log, codec)
    rig.begin()
    yield rig
    rig.close()


@pytest.fixture
def rig(building: Rig) -> Rig:
    """A service that has caught up with empty topics."""
    building.catch_up()
    return building


@pytest.fixture
def web(rig: Rig) -> Web:
    """Asks the caught-up service over HTTP."""
    return Web(rig)
