"""The border to the Kafka client: what is read out of it, and what it is told."""

import logging
import struct
import sys
from dataclasses import dataclass

import pytest

from headway.base.errors import StageHalted
from headway.edges import kafka

_NOBODY = "127.0.0.1:1"


@dataclass(frozen=True)
class _Cluster:
    kafka_client_options: str = ""
    kafka_client_options_file: str = ""
    kafka_bootstrap_servers: str = "a:1,b:2"
    instance_id: str = "me"


def test_a_client_outside_a_group_has_a_negative_generation() -> None:
    """The real client's metadata, as it is before the group has taken it in: not to be sent."""
    # Given a real consumer that has not joined its group
    consumer = kafka.consumer({"bootstrap.servers": _NOBODY}, group_id="alone")

    # When its metadata is read, then the generation says so
    try:
        assert kafka.generation(consumer.consumer_group_metadata()) == -1
    finally:
        consumer.close()


@pytest.mark.parametrize("generation", [-1, 0, 1, 2**31 - 1])
def test_the_generation_is_the_number_behind_the_tag(generation: int) -> None:
    """A member's metadata, as the client serializes it on this machine."""
    # Given metadata with that generation
    order = "<" if sys.byteorder == "little" else ">"
    metadata = b"CGMDv2:" + struct.pack(f"{order}i", generation) + b"group\0member\0\0"

    # When it is read, then it is that number
    assert kafka.generation(metadata) == generation


@pytest.mark.parametrize("metadata", [b"", b"CGMDv3:\x01\x00\x00\x00", b"something"])
def test_metadata_of_an_unknown_form_halts_the_stage(metadata: bytes) -> None:
    """A client that serializes otherwise must not be trusted with a fence that may be none."""
    # Given metadata of a client of the future, when it is read, then the stage halts
    with pytest.raises(StageHalted, match="unknown form of group metadata"):
        kafka.generation(metadata)


def test_options_of_the_operator_win_over_ours() -> None:
    """A cluster with SASL, or other needs, is reached by settings alone."""
    # Given client options with blanks and an empty part
    cluster = _Cluster(
        "security.protocol = SASL_SSL; sasl.mechanism=PLAIN; sasl.username=me; "
        "sasl.password=a=b ;;client.id=other"
    )

    # When the options of a client are made
    options = kafka.client_options(cluster)

    # Then theirs are in them
    assert options["security.protocol"] == "SASL_SSL"
    assert options["sasl.password"] == "a=b"
    assert options["client.id"] == "other"
    assert options["bootstrap.servers"] == "a:1,b:2"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (kafka.KafkaException(kafka.KafkaError(kafka.KafkaError._TIMED_OUT)), "_TIMED_OUT: "),
        (
            kafka.KafkaException(kafka.KafkaError(47, "old epoch")),
            "INVALID_PRODUCER_EPOCH: old epoch",
        ),
        (kafka.KafkaException("plain words"), "plain words"),
        (LookupError("other"), "other"),
    ],
)
def test_an_error_is_told_by_name_and_reason(error: Exception, words: str) -> None:
    """The names are those of Kafka's documentation, to be searched for."""
    # Given an error, when it is told, then in the field's own words
    assert kafka.describe(error).startswith(words)


def test_lines_of_the_client_library_are_one_event(caplog: pytest.LogCaptureFixture) -> None:
    """Its texts change from version to version; the event's name does not."""
    # Given the logger that is handed to every client, when the library logs
    with caplog.at_level(logging.WARNING, logger="librdkafka"):
        logging.getLogger("librdkafka").warning("FAIL [%s]: %s", "thrd:main", "refused")

    # Then it is an event with the text as a field
    (record,) = caplog.records
    assert record.getMessage() == "kafka.client_log"
    assert record.__dict__["detail"] == "FAIL [thrd:main]: refused"
