"""The declared topics as the chart knows them, for those that it declares itself."""

from typing import Final

import yaml

from headway.declared.catalog import Catalog, Topic

_HEAD: Final = "# Generated from schemas/topics by `make docs`.\n"


def declared(catalog: Catalog) -> str:
    """Every topic by its logical name: partitions and configuration."""
    topics = {name: _of(topic) for name, topic in sorted(catalog.topics.items())}
    return _HEAD + yaml.safe_dump(topics, sort_keys=True)


def _of(topic: Topic) -> dict[str, object]:
    config = {"cleanup.policy": topic.cleanup_policy, **topic.config}
    return {"partitions": topic.partitions, "config": config}
