"""What a worker does not begin with."""

from contextlib import closing
from pathlib import Path

import pytest
from support.kafka.cluster import Cluster
from support.statistics.workers import worker

from localkafka import RunningBroker


@pytest.mark.broker
def test_topics_that_are_missing_are_told_and_the_worker_ends(
    broker: RunningBroker, tmp_path: Path
) -> None:
    """The operator has to act: exit code 2, with what to do."""
    # Given a namespace without topics, when a worker is started there
    cluster = Cluster(broker.bootstrap_servers)
    with closing(worker(cluster, tmp_path, "a", topic_prefix="nowhere.")) as one:
        code = one.start().wait_for_exit()

        # Then it refuses, and says which
        assert code == 2
        (refusal,) = one.events("statistics.refused_to_start")
        assert "nowhere.stage-reports" in refusal["reason"]
