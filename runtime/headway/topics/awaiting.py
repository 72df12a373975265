"""Waits for topics that somebody else makes: creates nothing, and says what it waits for.

For pods that start beside whoever makes the topics: they wait here, instead of refusing to start
again and again.
"""

import logging
import time
from typing import Final

from headway.base.errors import TopologyError
from headway.declared.catalog import Catalog
from headway.edges import kafka
from headway.edges.admin import Questions
from headway.topics.topology import found, harm_of

logger = logging.getLogger(__name__)

#: A cluster that does not answer is asked by a new client after this.
_QUESTION_SECONDS: Final = 10.0
_PAUSE_SECONDS: Final = 1.0


def await_topics(options: kafka.Options, catalog: Catalog, *, seconds: float) -> None:
    """Return as soon as the cluster answers and its topics are the declared ones. Blocks.

    What is waited for is logged as `topics.awaited` whenever it changes.

    Raises:
        TopologyError: *seconds* are over, and this is what does not fit.
        KafkaException: *seconds* are over, and the cluster does not answer.
    """
    questions, deadline, told = Questions(options), time.monotonic() + seconds, ""
    while reason := _missing(questions, catalog):
        if time.monotonic() >= deadline:
            raise reason
        if (words := kafka.describe(reason)) != told:
            logger.info("topics.awaited", extra={"reason": words})
            told = words
        time.sleep(_PAUSE_SECONDS)
    logger.info("topics.fit", extra={"topics": len(catalog.topics)})


def _missing(questions: Questions, catalog: Catalog) -> Exception | None:
    """What there is to wait for; None: nothing."""
    try:
        cluster = questions.ask(lambda admin: found(admin, catalog, seconds=_QUESTION_SECONDS))
    except kafka.KafkaException as error:
        return error
    harm = harm_of(catalog, cluster)
    return TopologyError(harm) if harm else None
