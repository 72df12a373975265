"""What tests share a broker by: each takes its topics away when it has ended."""

import pytest
from support.kafka.cluster import Cluster
from support.waiting import wait_until

from headway.edges import kafka
from localkafka import RunningBroker

pytestmark = pytest.mark.broker


def test_topics_of_a_test_are_gone_from_the_broker_when_it_has_ended(
    broker: RunningBroker,
) -> None:
    # Given the topics of a test, of which it has deleted one
    cluster = Cluster(broker.bootstrap_servers)
    admin = kafka.admin_client(cluster.options)
    gone = cluster.catalog["job-state"].name
    admin.delete_topics([gone])[gone].result()

    # When it has ended
    cluster.remove()

    # Then the broker has none of them
    def left() -> list[str]:
        return [
            name for name in admin.list_topics(timeout=10).topics if name.startswith(cluster.prefix)
        ]

    wait_until(lambda: not left(), left)
