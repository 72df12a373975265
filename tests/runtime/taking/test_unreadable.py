"""Passing over a batch that cannot be inflated: when, and what its partition does meanwhile."""

from typing import Any, cast

import pytest
from support.clock import ManualClock
from support.kafka.messages import message, partition, submission
from support.waiting import wait_until

from headway.base.errors import TransientError
from headway.edges import kafka
from headway.owning.flow import Flow
from headway.owning.partition import OwnedPartition
from headway.taking.task import Task
from headway.taking.unreadable import REASON, Unreadable

_PLACE = ("jobs.submitted", 2)


class _Consumer:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.sought: list[tuple[int, int]] = []

    def seek(self, place: kafka.TopicPartition) -> None:
        self.sought.append((place.partition, place.offset))

    def pause(self, _: list[kafka.TopicPartition]) -> None: ...
    def resume(self, _: list[kafka.TopicPartition]) -> None: ...


class _Refused:
    """What the client gives for a batch at offset 7 that it does not inflate."""

    def __init__(self, code: int = kafka.KafkaError._BAD_COMPRESSION) -> None:
        self._code = code

    def error(self) -> kafka.KafkaError:
        return kafka.KafkaError(self._code)

    def topic(self) -> str:
        return "jobs.submitted"

    def offset(self) -> int:
        return 7


@pytest.fixture
def consumer() -> _Consumer:
    return _Consumer()


@pytest.fixture
def flow(consumer: _Consumer) -> Flow:
    made = Flow(consumer, "p1", records=9, size_bytes=9, clock=ManualClock())
    made.assigned([_PLACE])
    return made


@pytest.fixture
def answers() -> list[int | Exception]:
    """What is found when the end of the batch is looked for, one after another."""
    return [10]


@pytest.fixture
def unreadable(consumer: _Consumer, flow: Flow, answers: list[int | Exception]) -> Unreadable:
    def find_end(*asked: object) -> int:
        assert asked == (_PLACE, 7)
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return Unreadable("p1", cast("kafka.Consumer", consumer), flow, find_end)


def _met(unreadable: Unreadable, owner: OwnedPartition, refused: Any = None) -> bool:
    return unreadable.met(refused or cast("kafka.Message", _Refused()), owner)


def _passed(unreadable: Unreadable) -> Task:
    """The one task that comes of it, awaited."""
    (task,) = wait_until(unreadable.advance)
    return task


def test_a_batch_becomes_one_task_given_up_behind_which_the_partition_goes_on(
    unreadable: Unreadable, consumer: _Consumer, flow: Flow
) -> None:
    """Its offset is the batch's last, so what is committed lies behind the batch."""
    # Given a batch that is refused, twice, as the client repeats itself
    owner = partition()
    assert _met(unreadable, owner)
    assert _met(unreadable, owner)
    assert flow.reasons() == {_PLACE: frozenset({REASON})}

    # When its end is known
    task = _passed(unreadable)

    # Then the partition flows on behind it, and one task says what was passed over
    assert (task.partition, task.offset, task.message.offset()) == (owner, 9, 7)
    assert "the records 7 to 9 of jobs.submitted[2]" in str(task.given_up)
    assert consumer.sought == [(2, 10)]
    assert flow.reasons() == {}
    assert unreadable.advance() == []


def test_other_errors_and_records_are_none_of_its_business(
    unreadable: Unreadable, flow: Flow
) -> None:
    """What the client mends by itself is left to it."""
    # Given a passing error and a record, when they are met, then nothing is held
    owner = partition()
    passing = cast("kafka.Message", _Refused(kafka.KafkaError._TRANSPORT))
    assert not _met(unreadable, owner, passing)
    assert not _met(unreadable, owner, message(submission()))
    assert flow.reasons() == {}


def test_a_batch_waits_for_the_jobs_before_it(unreadable: Unreadable, flow: Flow) -> None:
    """A batch has any number of offsets; the map of those done above a slow job has not."""
    # Given a job before the batch that is not done
    owner = partition()
    owner.offsets.begin(6)
    _met(unreadable, owner)

    # When the end is known, then the partition is held until the job is done
    wait_until(lambda: unreadable.advance() or unreadable._waiting)
    assert unreadable.advance() == []
    assert flow.reasons() == {_PLACE: frozenset({REASON})}
    owner.offsets.finish(6)
    assert _passed(unreadable).offset == 9


@pytest.mark.parametrize("answers", [[TransientError("away"), 10]])
def test_a_cluster_that_is_away_is_asked_again(unreadable: Unreadable) -> None:
    """The batch is still there when the cluster is."""
    # Given a cluster that does not answer at first
    # When a batch is refused, then its end is found in the end
    _met(unreadable, partition())
    assert _passed(unreadable).offset == 9


def test_a_partition_that_goes_meanwhile_is_left_to_its_heir(
    unreadable: Unreadable, consumer: _Consumer
) -> None:
    """Nothing is said of it, and the client is not told to read what is not ours."""
    # Given a batch that waits for a job before it
    owner = partition()
    owner.offsets.begin(6)
    _met(unreadable, owner)
    wait_until(lambda: unreadable.advance() or unreadable._waiting)

    # When its partition goes, then there is no task
    owner.lost = True
    assert unreadable.advance() == []
    assert (consumer.sought, unreadable._waiting, unreadable._looking) == ([], [], set())
