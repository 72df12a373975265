"""What the client says between the records."""

import pytest
from confluent_kafka import KafkaError, KafkaException, Message
from support.status.topics import batch_of

from headway.following.batch import OffsetLost
from status.table.position import Source


def test_ends_of_partitions_are_noted_and_are_no_records() -> None:
    """Having met each of them is what caught up means."""
    # Given the notice that a partition ends
    end = _error(KafkaError._PARTITION_EOF, offset=7)

    # When it is in a batch
    batch = batch_of([end])

    # Then the end is noted as an offset, and there is no record
    assert batch.ends == batch.offsets == {(Source.STATE, 2): 7}
    assert len(batch) == 0


@pytest.mark.parametrize(
    ("code", "raised"),
    [
        (KafkaError._AUTO_OFFSET_RESET, OffsetLost),
        (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaException),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaException),
    ],
)
def test_any_other_notice_ends_the_session(code: int, raised: type[Exception]) -> None:
    """What is wrong is found out by the next one."""
    # Given the notice of a fault
    notice = _error(code, offset=7)

    # When it is in a batch, then the batch is refused
    with pytest.raises(raised):
        batch_of([notice]).check()


def _error(code: int, *, offset: int) -> Message:
    return Message(topic="job-state", partition=2, offset=offset, error=KafkaError(code))
