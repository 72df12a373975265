"""Where the files that name Kafka's version and jars lie: in the repository, outside any code."""

from pathlib import Path
from typing import Final

from localkafka.errors import BrokerMissing

KAFKA_VERSION: Final = "4.3.1"
IMAGE: Final = f"apache/kafka:{KAFKA_VERSION}"

_FOLDER: Final = Path(__file__).parents[3] / "deploy"


def deployment_file(name: str) -> Path:
    """The path of *name* below `deploy/`.

    Raises:
        BrokerMissing: the package is installed without the repository.
    """
    path = _FOLDER / name
    if not path.is_file():
        raise BrokerMissing(
            f"{path} is not there: brokers are started from a checkout of the repository only; "
            "elsewhere set KAFKA_BOOTSTRAP_SERVERS",
        )
    return path
