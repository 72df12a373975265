"""Which cluster the table is made of: its topics checked, and a name that no other one has."""

import hashlib
from typing import Final

from headway import kafka
from headway.catalog import Catalog
from headway.pipeline import Pipeline
from headway.provision import check_topics
from status.database import FORMAT
from status.position import Source

_TIMEOUT_SECONDS: Final = 10.0
_EPOCH_CHARACTERS: Final = 12


def sources_of(catalog: Catalog, pipeline: Pipeline) -> dict[str, Source]:
    """What is read, by the topic's name on the cluster."""
    return {
        catalog[pipeline.source].name: Source.SUBMITTED,
        catalog[pipeline.state].name: Source.STATE,
        catalog[pipeline.progress].name: Source.PROGRESS,
    }


def verified_epoch(options: kafka.Options, catalog: Catalog, pipeline: Pipeline) -> str:
    """Check the topics and name this incarnation of them. Blocks.

    A topic deleted and made again has another id, so offsets of the one before mean nothing.

    Raises:
        TopologyError: the topics are not those declared.
        KafkaException: the cluster does not answer.
    """
    check_topics(options, catalog)
    admin = kafka.admin_client(options)
    cluster_id = admin.list_topics(timeout=_TIMEOUT_SECONDS).cluster_id
    names = sorted(sources_of(catalog, pipeline))
    described = admin.describe_topics(
        kafka.TopicCollection(names), request_timeout=_TIMEOUT_SECONDS
    )
    ids = [f"{name}={described[name].result().topic_id}" for name in names]
    text = "\n".join([f"form {FORMAT}", f"cluster {cluster_id}", *ids])
    return hashlib.sha256(text.encode()).hexdigest()[:_EPOCH_CHARACTERS]
