"""Are the cluster's topics the declared ones? Asked at the start, and of their partitions ever on.

A partition that some topics have and others have not, or that the deployment does not know of,
holds jobs nobody does: whoever sees one says so instead of "ready".
"""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Self

from headway.base.errors import TopologyError
from headway.declared.catalog import Catalog, Topic
from headway.edges import kafka
from headway.edges.admin import Questions
from headway.topics.differences import Cluster, Difference, Found, differences
from headway.topics.shapes import Shape, shapes_of

logger = logging.getLogger(__name__)

_TIMEOUT_SECONDS: Final = 30.0
#: A look that is not answered in time is one missed look.
_LOOK_SECONDS: Final = 10.0
#: How long a partition that was added may stay unnoticed.
_EVERY_SECONDS: Final = 5.0


def _ignore(_: object) -> None:
    """Nobody wants to know."""


def check_topics(options: kafka.Options, catalog: Catalog) -> None:
    """Verify that the cluster's topics are those declared. Blocks.

    Differences that cost no job are logged as `topic.differs`.

    Raises:
        TopologyError: every difference that does harm at once, with what to do.
        KafkaException: the cluster does not answer.
    """
    judge(catalog, found(kafka.admin_client(options), catalog))


def judge(catalog: Catalog, cluster: Cluster) -> None:
    """Verify that what was found is what is declared.

    Raises:
        TopologyError: as `check_topics`.
    """
    for difference in differences(catalog.topics.values(), cluster):
        if not difference.harmful:
            logger.warning("topic.differs", extra={"difference": difference.text})
    if harm := harm_of(catalog, cluster):
        raise TopologyError(harm)


def harm_of(catalog: Catalog, cluster: Cluster) -> str | None:
    """Every difference that does harm, with what to do; None if there is none."""
    told = differences(catalog.topics.values(), cluster)
    harmful = [difference for difference in told if difference.harmful]
    return _listed(harmful) if harmful else None


def found(
    admin: kafka.AdminClient, catalog: Catalog, *, seconds: float = _TIMEOUT_SECONDS
) -> Cluster:
    """The declared topics as the cluster has them. Blocks, for *seconds* a question.

    Raises:
        KafkaException: the cluster does not answer.
    """
    shapes = shapes_of(admin, catalog, seconds=seconds)
    configs = _configs(admin, shapes, seconds)
    nodes = admin.describe_cluster(request_timeout=seconds).result().nodes
    topics = {
        name: Found(shapes[name].partitions, shapes[name].copies, config)
        for name, config in configs.items()
    }
    return Cluster(brokers=len(nodes), topics=topics)


def misfit(admin: kafka.AdminClient, catalog: Catalog, *, seconds: float) -> str | None:
    """What is wrong with the topics' partitions just now, in one request; None: nothing. Blocks.

    Raises:
        KafkaException: the cluster does not answer.
    """
    return _fault(catalog, shapes_of(admin, catalog, seconds=seconds))


def _fault(catalog: Catalog, shapes: Mapping[str, Shape]) -> str | None:
    faults = [fault for topic in catalog.topics.values() if (fault := _counted(topic, shapes))]
    return _listed(faults) if faults else None


@dataclass
class TopologyWatch:
    """Keeps `fault` true from a thread of its own; a context.

    While the cluster does not answer, `fault` stays what it was: others tell of that. *seen* is
    called from the thread with what was found, None if the cluster did not answer.
    """

    options: kafka.Options
    catalog: Catalog
    every_seconds: float = _EVERY_SECONDS
    fault: str | None = None
    seen: Callable[[Mapping[str, Shape] | None], object] = _ignore
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        # A daemon: a request to a cluster that is away must not hold the exit up.
        threading.Thread(target=self._run, name="topology", daemon=True).start()

    def close(self) -> None:
        self._stop.set()

    def _run(self) -> None:
        questions = Questions(self.options)
        while not self._stop.is_set():
            self.look(questions)
            self._stop.wait(self.every_seconds)

    def look(self, questions: Questions) -> None:
        """One look; blocks for at most ten seconds."""
        try:
            look = partial(shapes_of, catalog=self.catalog, seconds=_LOOK_SECONDS)
            shapes = questions.ask(look)
        except kafka.KafkaException as error:
            logger.debug("topology.unanswered", extra={"error": kafka.describe(error)})
            self.seen(None)
            return
        self.seen(shapes)
        fault = _fault(self.catalog, shapes)
        if fault != self.fault:
            log = logger.error if fault else logger.info
            log("topology.changed", extra={"fault": fault})
        self.fault = fault


def _counted(topic: Topic, shapes: Mapping[str, Shape]) -> Difference | None:
    shape = shapes.get(topic.name)
    return Difference.of_partitions(topic, shape.partitions if shape else None)


def _listed(found: Iterable[Difference]) -> str:
    return "the cluster's topics do not fit:\n  " + "\n  ".join(d.text for d in found)


def _configs(
    admin: kafka.AdminClient, names: Iterable[str], seconds: float
) -> dict[str, dict[str, str]]:
    resources = [kafka.ConfigResource(kafka.ResourceType.TOPIC, name) for name in names]
    if not resources:
        return {}
    configs = {}
    answers = admin.describe_configs(resources, request_timeout=seconds)
    for resource, future in answers.items():
        try:
            options = future.result()
        except kafka.KafkaException as error:
            # A broker hears of a new topic later than another.
            if error.args[0].code() != kafka.KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise
        else:
            configs[resource.name] = {name: str(entry.value) for name, entry in options.items()}
    return configs
