"""Why there is no broker, split by the decision it forces.

BrokerError (a HeadwayError)
├── BrokerMissing   nothing here can run Kafka: tests skip, people install something
└── BrokerFailed    it should have run and did not: nobody may overlook it
"""

from headway.base.errors import HeadwayError


class BrokerError(HeadwayError):
    """Root: no broker is running; the message says what to do."""


class BrokerMissing(BrokerError):  # noqa: N818 - names the condition
    """Raised when what it takes to run Kafka is not on this machine."""


class BrokerFailed(BrokerError):  # noqa: N818 - names the condition
    """Raised when a broker was found or started and does not answer, or must not be trusted."""
