"""Typed access to the topic declarations in `topics/*.yaml`: the only source of topic names."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from headway.declarations import schemas_root

_REQUIRED = frozenset(
    {"purpose", "producers", "consumers", "key", "value", "partitions", "cleanup_policy"},
)


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic as declared; `name` is the one on the cluster, with the deployment's prefix."""

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

    def __getitem__(self, logical_name: str) -> Topic:
        return self.topics[logical_name]


def _read(path: Path, prefix: str) -> Topic:
    declared: dict[str, Any] = yaml.safe_load(path.read_text())
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
