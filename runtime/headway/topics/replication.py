"""Whether every topic has all its copies in sync, as a metric."""

from collections.abc import Mapping

from headway.declared.catalog import Catalog
from headway.observing import metrics
from headway.topics.shapes import Shape


def tell_replication(shapes: Mapping[str, Shape] | None, *, catalog: Catalog) -> None:
    """Tell of the declared topics what was just found; nothing is told of what was not."""
    for topic in catalog.topics.values():
        shape = shapes.get(topic.name) if shapes else None
        if shape is None:
            metrics.UNDER_REPLICATED.remove(topic.logical_name)
        else:
            metrics.UNDER_REPLICATED.labels(topic.logical_name).set(shape.out_of_sync)
