"""What is read out of what the client hands over."""

from support.kafka.messages import message

from headway.edges import kafka
from headway.edges.messages import headers_of, is_end_of_partition


def test_the_end_of_a_partition_is_told_from_a_record_and_from_an_error() -> None:
    """Only the notice of the end is the end."""
    # Given a record, an error and the notice of an end
    error = kafka.Message(error=kafka.KafkaError(kafka.KafkaError._ALL_BROKERS_DOWN))
    end = kafka.Message(error=kafka.KafkaError(kafka.KafkaError._PARTITION_EOF))

    # When they are asked, then the notice alone says yes
    assert [is_end_of_partition(m) for m in (message(), error, end)] == [False, False, True]


def test_a_record_without_headers_has_none() -> None:
    """The client says None; the product says an empty list."""
    # Given records with and without headers, when they are asked, then both give a list
    assert headers_of(message()) == []
    assert headers_of(message(headers=[("a", b"1"), ("a", None)])) == [
        ("a", b"1"),
        ("a", None),
    ]
