"""Delivery reports: what they tell of a record that is nowhere, or that stands alone."""

from typing import cast

import pytest
from support.kafka.messages import message, partition, task

from headway.edges import kafka
from headway.outcomes.finished import Finished
from headway.saying.batches import Acknowledgements, Place
from headway.saying.fate import FrameAborted
from headway.saying.frame import Frame

_PLACE: Place = ("job-state", 2)


def _frame(tasks: int) -> Frame:
    frame, owner = Frame(), partition()
    for offset in range(tasks):
        ended = task(owner, offset=offset, received=message(offset=offset))
        ended.outcome = Finished(b"", b"")
        frame.settle(ended)
    return frame


class _Nowhere:
    """A record as the client reports it that it believes delivered with a later one."""

    def offset(self) -> None:
        return None


def test_a_record_acknowledged_without_an_offset_aborts_the_frame() -> None:
    """It is not in the topic; committed with the rest, its job's output would be lost."""
    # Given the first frame for a partition by this producer
    acknowledged = Acknowledgements(_frame(3), set())
    told = acknowledged.asked(*_PLACE)
    assert told is not None
    assert acknowledged.wanted

    # When one of its records is reported with an offset and one without
    told(None, message(offset=5))
    acknowledged.check()
    told(None, cast("kafka.Message", _Nowhere()))

    # Then the frame must not be committed, and nothing in it is to blame
    with pytest.raises(FrameAborted) as raised:
        acknowledged.check()
    assert (raised.value.passing, raised.value.refused) == (True, ())


def test_partitions_that_were_written_to_ask_for_no_report() -> None:
    """It costs time, and the broker knows the producer by then."""
    # Given a frame that was committed
    proven: set[Place] = set()
    first = Acknowledgements(_frame(3), proven)
    assert first.asked(*_PLACE) is not None
    first.committed()

    # When the next is written there, then nothing is asked
    second = Acknowledgements(_frame(3), proven)
    assert second.asked(*_PLACE) is None
    assert not second.wanted
    assert second.asked("job-state", 3) is not None


def test_an_aborted_frame_proves_nothing() -> None:
    """What was written by it may be what the broker does not know."""
    # Given a frame that was not committed, when the next is written, then it is asked again
    proven: set[Place] = set()
    Acknowledgements(_frame(3), proven).asked(*_PLACE)
    assert Acknowledgements(_frame(3), proven).asked(*_PLACE) is not None


@pytest.mark.parametrize(("tasks", "refused"), [(1, 1), (2, 0)])
def test_what_stands_alone_is_blamed_for_its_own_size_and_nobody_else(
    tasks: int, refused: int
) -> None:
    """Of several nobody knows which it was: they are halved."""
    # Given a frame of which a record is too large for the broker
    frame = _frame(tasks)
    acknowledged = Acknowledgements(frame, set())
    told = acknowledged.asked(*_PLACE)
    assert told is not None
    too_large = kafka.KafkaError(kafka.KafkaError.MSG_SIZE_TOO_LARGE)
    told(too_large, cast("kafka.Message", None))

    # When the frame is aborted, then it is blamed only where it stands alone
    error = acknowledged.settled(FrameAborted("1 message failed delivery"))
    assert list(error.refused) == frame.tasks[:refused]
