"""What earlier releases declared and is too much now, on a cluster."""

import pytest
from support.waiting import wait_until

from headway.declared.catalog import Catalog
from headway.edges import kafka
from headway.edges.admin import set_option
from headway.topics.provisioning import alter_topics, ensure_topics
from headway.topics.topology import check_topics

pytestmark = pytest.mark.broker


def test_tombstones_that_were_to_stay_for_ever_are_brought_down_on_request(
    options: kafka.Options, prefix: str
) -> None:
    """A hundred years is what they were made with; a longer time that people chose stays."""
    # Given job-state as earlier releases made it, which refuses no start
    catalog = Catalog.load(prefix)
    ensure_topics(options, catalog)
    name = catalog["job-state"].name
    _keep(options, name, "3155760000000")
    check_topics(options, catalog)

    # When topics are brought up to their declarations, then it is as declared
    assert alter_topics(options, catalog) == (f"{name}: delete.retention.ms",)
    declared = catalog["job-state"].config["delete.retention.ms"]
    wait_until(lambda: _kept(options, name) == declared)


def _keep(options: kafka.Options, topic: str, value: str) -> None:
    entries = [set_option("delete.retention.ms", value)]
    resource = kafka.ConfigResource(kafka.ResourceType.TOPIC, topic, incremental_configs=entries)
    admin = kafka.admin_client(options)  # one that is let go of takes its answers with it
    (answer,) = admin.incremental_alter_configs([resource]).values()
    answer.result(timeout=60)
    wait_until(lambda: _kept(options, topic) == value)


def _kept(options: kafka.Options, topic: str) -> str:
    asked = kafka.ConfigResource(kafka.ResourceType.TOPIC, topic)
    admin = kafka.admin_client(options)
    (answer,) = admin.describe_configs([asked]).values()
    return str(answer.result(timeout=60)["delete.retention.ms"].value)
