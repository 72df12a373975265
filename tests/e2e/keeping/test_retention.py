"""Jobs are forgotten while others flow: in small here, 100,000 by `python -m chaos retention`."""

from collections.abc import Callable
from pathlib import Path

import pytest
from chaos.retention.run import forget_all
from chaos.retention.scene import Scene
from chaos.table import Table
from support.kafka.cluster import Cluster
from support.processes import Service
from support.waiting import DEADLINE_SECONDS

pytestmark = [pytest.mark.broker, pytest.mark.e2e, pytest.mark.slow]

_JOBS = 300


def test_old_jobs_are_forgotten_while_others_flow(
    cluster: Cluster, start: Callable[..., Service], tmp_path: Path
) -> None:
    """Records, states and files of them go; a replica made then shows what the old one does."""
    # Given stages, status and a scheduler, and some hundred jobs that are done
    scene, table = Scene(cluster, start, tmp_path, _JOBS, DEADLINE_SECONDS), Table("retention")

    # When work topics are trimmed and those jobs forgotten, while others come
    forget_all(scene, table)

    # Then all of it held
    assert [row for row in table.rows if not row[-1]] == [], table.details
    assert ("jobs that the audit knows to be forgotten", str(_JOBS), "", True) in table.rows
