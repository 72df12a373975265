"""Typed access to the topic declarations in `topics/*.yaml`: the only source of topic names."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import yaml

from headway.declared.declarations import schemas_root

_REQUIRED = frozenset(
    {"purpose", "producers", "consumers", "key", "value", "partitions", "cleanup_policy"},
)


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic as declared; `name` is the one on the cluster, with the deployment's prefix.

    The last two are a deployment's, 0 where it leaves them to the cluster's size.
    """

    logical_name: str
    name: str
    purpose: str
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    key: str
    value: str
    partitions: int
    cleanup_policy: str
    config: Mapping[str, str]
    replication_factor: int = 0
    min_insync_replicas: int = 0


class Deployment(Protocol):
    """The settings in which one deployment's topics may differ from another's; 0: not said."""

    @property
    def topic_prefix(self) -> str: ...
    @property
    def partitions(self) -> int: ...
    @property
    def replication_factor(self) -> int: ...
    @property
    def min_insync_replicas(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Catalog:
    """Every declared topic by its logical name."""

    topics: Mapping[str, Topic]
    prefix: str

    @staticmethod
    def load(prefix: str = "", root: Path | None = None) -> "Catalog":
        """Read every declaration.

        Raises:
            ValueError: a declaration lacks a key or has an unknown one; names the file.
        """
        folder = (root or schemas_root()) / "topics"
        paths = sorted(folder.glob("*.yaml"))
        return Catalog({path.stem: _read(path, prefix) for path in paths}, prefix)

    @staticmethod
    def of(deployment: Deployment) -> "Catalog":
        """Every declaration, as *deployment* wants it."""
        catalog = Catalog.load(deployment.topic_prefix)
        topics = {
            name: replace(
                topic,
                partitions=deployment.partitions or topic.partitions,
                replication_factor=deployment.replication_factor,
                min_insync_replicas=deployment.min_insync_replicas,
            )
            for name, topic in catalog.topics.items()
        }
        return Catalog(topics, catalog.prefix)

    def __getitem__(self, logical_name: str) -> Topic:
        return self.topics[logical_name]


def _read(path: Path, prefix: str) -> Topic:
    declared: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    wrong = (_REQUIRED - declared.keys()) | (declared.keys() - _REQUIRED - {"config"})
    if wrong:
        raise ValueError(f"{path}: missing or unknown: {', '.join(sorted(wrong))}")
    return Topic(
        logical_name=path.stem,
        name=prefix + path.stem,
        purpose=declared["purpose"],
        producers=tuple(declared["producers"]),
        consumers=tuple(declared["consumers"]),
        key=declared["key"],
        value=declared["value"],
        partitions=declared["partitions"],
        cleanup_policy=declared["cleanup_policy"],
        config=declared.get("config", {}),
    )
