"""When the reader says that the service is ready."""

from dataclasses import dataclass, field
from typing import Any

from headway.observing.health import Health
from status.reading.reader import Reader


@dataclass
class _Table:
    """A table that has caught up with the topics, or not."""

    caught_up: bool
    halts: dict[Any, Any] = field(default_factory=dict)


class _Session:
    """A session with a cluster that answers."""

    def outage(self) -> str | None:
        return None

    def lag(self) -> int:
        return 3


@dataclass
class _Topics:
    """Topics that fit."""

    fault: str | None = None


def test_a_service_is_ready_only_when_its_table_has_caught_up() -> None:
    """Before that it would call a job unknown that was acknowledged long ago."""
    # Given a reader whose table is behind, looked at again and again
    health = Health()
    table: Any = _Table(caught_up=False)
    unused: Any = None
    topics: Any = _Topics()
    session: Any = _Session()
    reader = Reader(
        options={},
        cluster=unused,
        catalog=unused,
        pipeline=unused,
        materializer=table,
        health=health,
        announce=unused,
        on_misfit=unused,
        topology=topics,
    )
    reader._look(session)
    assert not health.ready

    # When it has caught up, then it is ready
    table.caught_up = True
    reader._look(session)
    assert (health.ready, health.reason) == (True, "caught up")
