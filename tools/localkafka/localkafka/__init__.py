"""Kafka for the demo, the tests and CI: a cluster at hand, a container, or a local process.

`running_broker` gives one; `choose` says which. `running_brokers` gives a cluster of several that
a test may lose one by one. Production brings its own cluster and sets
`KAFKA_BOOTSTRAP_SERVERS`.
"""

from localkafka.broker import (
    BrokerError,
    BrokerFailed,
    BrokerKind,
    BrokerMissing,
    Purpose,
    RunningBroker,
    choose,
)
from localkafka.nodes import Node, RunningBrokers, running_brokers
from localkafka.start import running_broker

__all__ = [
    "BrokerError",
    "BrokerFailed",
    "BrokerKind",
    "BrokerMissing",
    "Node",
    "Purpose",
    "RunningBroker",
    "RunningBrokers",
    "choose",
    "running_broker",
    "running_brokers",
]
