"""What brokers are told of when topics are made."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any, cast

from headway.edges import kafka
from headway.topics.brokers import broker_options, too_small


def test_options_below_what_is_needed_are_told_with_the_consequence() -> None:
    """Kafka's default of seven days lets a stage that was switched off do everything again."""
    # Given a broker with the defaults, and one as it is wanted
    default = {"offsets.retention.minutes": "10080", "offset.metadata.max.bytes": "4096"}

    # When they are looked at, then the one option is told
    (told,) = too_small(default)
    assert told.startswith("offsets.retention.minutes=10080, wanted 129600 at least: ")
    assert list(too_small({**default, "offsets.retention.minutes": "525600"})) == []


def test_what_a_broker_does_not_tell_is_not_complained_of() -> None:
    """A managed cluster may hide its options."""
    # Given no options, or odd ones, when they are looked at, then there is nothing to tell
    assert list(too_small({})) == []
    assert list(too_small({"offsets.retention.minutes": "None"})) == []


class _TwoBrokers:
    """Refuses, as the client does, to be asked about several brokers in one call."""

    def describe_cluster(self, **_: Any) -> Future[Any]:
        return _answered(SimpleNamespace(nodes=[SimpleNamespace(id=1), SimpleNamespace(id=2)]))

    def describe_configs(
        self, resources: Sequence[kafka.ConfigResource], **_: Any
    ) -> Mapping[kafka.ConfigResource, Future[Any]]:
        if len(resources) == 1:
            (one,) = resources
            return {one: _answered({"node.id": SimpleNamespace(value=one.name)})}
        refused: Future[Any] = Future()
        refused.set_exception(kafka.KafkaException(kafka.KafkaError(kafka.KafkaError._CONFLICT)))
        return dict.fromkeys(resources, refused)


def test_every_broker_of_several_is_asked() -> None:
    """The client takes one broker a call: asked for all at once, it tells of none."""
    # Given two brokers, when their options are asked for, then both have told theirs
    found = broker_options(cast("kafka.AdminClient", _TwoBrokers()))
    assert found == {1: {"node.id": "1"}, 2: {"node.id": "2"}}


def _answered(answer: object) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_result(answer)
    return future
