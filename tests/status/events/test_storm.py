"""The short form of the storm: see `support.status.storm`."""

from pathlib import Path

import pytest
from support.kafka.cluster import Cluster
from support.status.storm import Form, run

from localkafka import RunningBroker

pytestmark = [pytest.mark.broker, pytest.mark.e2e]


def test_no_reader_of_events_is_ever_told_what_is_untrue(
    broker: RunningBroker, tmp_path: Path
) -> None:
    """Replicas are killed, stopped, wiped and ended, streams cut at any byte and moved on."""
    # given
    form = Form(jobs=400, watchers=30, seconds=30, seed=4)
    # when
    outcome = run(Cluster(broker.bootstrap_servers), tmp_path, form)
    # then
    assert outcome.faults == []
    assert outcome.unfinished == []
    assert outcome.cuts > form.watchers
    assert outcome.kills + outcome.stops + outcome.wipes + outcome.ends > 0
