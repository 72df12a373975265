"""The short form of the storm: see `support.status.storm`."""

from pathlib import Path

import pytest
from support.kafka.cluster import Cluster
from support.status.storm.course import run
from support.status.storm.form import Form

from localkafka import RunningBroker

pytestmark = [pytest.mark.broker, pytest.mark.e2e]


def test_no_reader_of_events_is_ever_told_what_is_untrue(
    broker: RunningBroker, tmp_path: Path
) -> None:
    """Replicas are killed, stopped, wiped and ended, streams cut at any byte and moved on."""
    # Given 300 jobs and 30 readers behind a proxy over two replicas
    form = Form(jobs=300, watchers=30, seconds=20, seed=4)

    # When the storm rages
    outcome = run(Cluster(broker.bootstrap_servers), tmp_path, form)

    # Then nobody was told anything untrue, all know every end, and it was a storm
    assert outcome.faults == []
    assert outcome.unfinished == []
    assert outcome.cuts > form.watchers
    assert outcome.kills + outcome.stops + outcome.wipes + outcome.ends > 0
