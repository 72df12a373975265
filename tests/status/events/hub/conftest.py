"""Who watches the hub."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from support.status.events.watcher import Watch, Watcher
from support.status.rig import Rig


@pytest.fixture
def watch(rig: Rig) -> Iterator[Watch]:
    """Connects a watcher of one job or of all."""
    with ExitStack() as stack:

        def watch(job_id: str | None = None, *, last_id: str = "") -> Watcher:
            return Watcher(stack.enter_context(rig.hub.connect(job_id)), last_id)

        yield watch
