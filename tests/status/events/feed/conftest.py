"""A table that can be caught in the act, and readers without patience."""

from collections.abc import Iterator

import pytest
from support.status.events.reader import HookedTable
from support.status.rig import Rig

from status.events import approach


@pytest.fixture
def table(rig: Rig) -> Iterator[HookedTable]:
    with HookedTable(rig) as table:
        yield table


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers are told soon that they wait."""
    monkeypatch.setattr(approach, "_PATIENCE_SECONDS", 0.001)
