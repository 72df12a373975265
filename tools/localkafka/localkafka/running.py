"""A broker that answers."""

from dataclasses import dataclass
from pathlib import Path

from localkafka.choice import BrokerKind


@dataclass(frozen=True, slots=True)
class RunningBroker:
    """Where a broker answers; it does so only as long as the context that gave it is open."""

    bootstrap_servers: str
    kind: BrokerKind
    #: Its folder on this machine; None where the data lies in a container or another's cluster.
    data_dir: Path | None
