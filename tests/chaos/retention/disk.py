"""What the topics of a cluster take on the disk of its one broker."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from support.kafka.cluster import Cluster


@dataclass(frozen=True, slots=True)
class Disk:
    cluster: Cluster
    folder: Path

    def bytes(self) -> Mapping[str, int]:
        """Of the logs of each topic that has any, by its logical name; the largest first."""
        sizes = Counter[str]()
        names = {topic.name: name for name, topic in self.cluster.catalog.topics.items()}
        for path in self.folder.rglob("*.log"):
            name = names.get(path.parent.name.rpartition("-")[0])
            if name is not None:
                sizes[name] += _size(path)
        return dict(sizes.most_common())


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0  # it was deleted just now
