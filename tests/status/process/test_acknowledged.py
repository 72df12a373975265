"""A submission that Kafka has acknowledged is never denied, though no reader may see it yet."""

import pytest
from support.kafka.cluster import Cluster
from support.status.service import StatusService
from support.waiting import DEADLINE_SECONDS, wait_until

from headway.edges import kafka

pytestmark = pytest.mark.broker


def test_what_lies_behind_an_open_transaction_is_not_known_yet_and_not_unknown(
    service: StatusService, cluster: Cluster
) -> None:
    """A commit that has returned is such a place too, until the broker has written its marker."""
    # Given a producer's transaction that is open, and behind it a submission of somebody else
    opened = kafka.producer(cluster.options, transactional_id=f"{cluster.prefix}open")
    opened.init_transactions(DEADLINE_SECONDS)
    opened.begin_transaction()
    topic = cluster.catalog["jobs.submitted"].name
    opened.produce(topic, cluster.submission("first"), b"first", partition=3)
    assert opened.flush(DEADLINE_SECONDS) == 0
    value = cluster.submission("second")
    cluster.produce("jobs.submitted", key=b"second", value=value, partition=3)
    cluster.flush()

    # When it is asked for, then nobody is told that there is no such job
    assert service.get("/jobs/second").status_code == 503

    # And it is there when the transaction has ended, and what was never written is unknown
    opened.commit_transaction(DEADLINE_SECONDS)
    wait_until(lambda: service.get("/jobs/second").status_code == 200)
    wait_until(lambda: service.get("/jobs/never").status_code == 404)
