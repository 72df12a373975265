"""Kafka for the demo, the tests and CI: a cluster at hand, a container, or a local process.

`running_broker` gives one; `choose` says which. Production brings its own cluster and sets
`KAFKA_BOOTSTRAP_SERVERS`.
"""

from headway.broker.choice import BrokerKind, Purpose, choose
from headway.broker.errors import BrokerError, BrokerFailed, BrokerMissing
from headway.broker.running import RunningBroker
from headway.broker.start import running_broker

__all__ = [
    "BrokerError",
    "BrokerFailed",
    "BrokerKind",
    "BrokerMissing",
    "Purpose",
    "RunningBroker",
    "choose",
    "running_broker",
]
