"""Kafka for the demo, the tests and CI: a cluster at hand, a container, or a local process.

`running_broker` gives one; `choose` says which. `running_brokers` gives a cluster of several that
a test may lose one by one. Production brings its own cluster and sets
`KAFKA_BOOTSTRAP_SERVERS`.
"""

from headway.broker.choice import BrokerKind, Purpose, choose
from headway.broker.errors import BrokerError, BrokerFailed, BrokerMissing
from headway.broker.node import Node
from headway.broker.nodes import RunningBrokers, running_brokers
from headway.broker.running import RunningBroker
from headway.broker.start import running_broker

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
