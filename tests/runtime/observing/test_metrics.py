"""The table of metrics: what every scrape can rely on."""

import re

from prometheus_client.metrics import MetricWrapperBase

from headway.observing import metrics

_ALL = [value for value in vars(metrics).values() if isinstance(value, MetricWrapperBase)]
#: Labels whose values are few and known: stages, topics, outcomes, what an instance owns and why it
#: holds it (series end with the reason); never a job.
_BOUNDED = {
    *(
        "component",
        "dependency",
        "effect",
        "kind",
        "stage",
        "status",
        "topic",
        "outcome",
        "partition",
        "reason",
        "rule",
    ),
}


def test_every_metric_is_named_after_the_product_and_has_a_help() -> None:
    """Dashboards find them by one prefix and explain them by themselves."""
    # Given the table, when names and helps are read, then all are there
    described = [family for metric in _ALL for family in metric.describe()]
    assert len(described) > 10
    assert [d.name for d in described if not re.fullmatch(r"headway_[a-z_]+", d.name)] == []
    assert [d.name for d in described if not d.documentation] == []


def test_every_label_is_bounded() -> None:
    """A label of unbounded values would cost every scraper its memory."""
    # Given the table, when the labels are gathered, then they are the bounded ones
    assert {label for metric in _ALL for label in metric._labelnames} <= _BOUNDED
