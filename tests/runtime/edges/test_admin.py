"""Questions to the cluster: asked again, by a client that is replaced when it fails."""

from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import create_autospec

import pytest
from support.clock import ManualClock

from headway.edges import kafka
from headway.edges.admin import Questions, ends, since, watermarks


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every client that was made, in order."""
    made: list[object] = []
    monkeypatch.setattr("headway.edges.admin.let_go_later", lambda _: None)

    def make(_: kafka.Options) -> kafka.AdminClient:
        made.append(object())
        return cast("kafka.AdminClient", made[-1])

    monkeypatch.setattr("headway.edges.kafka.admin_client", make)
    return made


def test_a_client_that_answers_is_kept(made: list[object]) -> None:
    """To connect anew for each question would cost the brokers more than the question."""
    # Given questions that are answered, when they are asked, then by one client
    questions = Questions({})
    assert [questions.ask(id) for _ in range(3)] == [id(made[0])] * 3
    assert len(made) == 1


def test_a_client_that_could_not_answer_is_replaced(made: list[object], clock: ManualClock) -> None:
    """It would go on asking a controller that has gone, for minutes."""
    # Given a client that was kept, and that cannot answer any more
    questions = Questions({}, clock)
    questions.ask(id)
    _ask_in_vain(questions)

    # When it is asked on, then by another; and so each time one stops to answer
    assert questions.ask(id) == id(made[1])
    _ask_in_vain(questions)
    assert questions.ask(id) == id(made[2])
    assert questions.ask(id) == id(made[2])


def test_a_cluster_that_is_away_is_asked_by_few_clients(
    made: list[object], clock: ManualClock
) -> None:
    """Each has threads and connections until it is closed: they would leave no time for work."""
    # Given a cluster that is away for an hour, when it is asked every second
    questions = Questions({}, clock)
    for _ in range(3600):
        _ask_in_vain(questions)
        clock.advance(1.0)

    # Then a client was made every half minute at most, and at first as often as that helps
    assert 3600 / 30 <= len(made) <= 3600 / 30 + 10

    # And once there is an answer the next one that fails is replaced at once again
    before = questions.ask(id)
    _ask_in_vain(questions)
    assert questions.ask(id) != before


def test_clients_asked_at_the_same_time_are_kept_for_the_next_ones(made: list[object]) -> None:
    """Threads share the questions, not a client that waits for an answer."""
    # Given one question asked while another is under way
    questions = Questions({})
    questions.ask(lambda _: questions.ask(id))

    # When both are asked again, then by the same two
    questions.ask(lambda _: questions.ask(id))
    assert len(made) == 2


def _ask_in_vain(questions: Questions) -> None:
    def unanswered(_: kafka.AdminClient) -> None:
        raise kafka.KafkaException(kafka.KafkaError(kafka.KafkaError._TIMED_OUT))

    with pytest.raises(kafka.KafkaException, match="_TIMED_OUT"):
        questions.ask(unanswered)


@pytest.mark.parametrize(
    "code",
    [
        kafka.KafkaError.NOT_LEADER_FOR_PARTITION,
        kafka.KafkaError.LEADER_NOT_AVAILABLE,
        kafka.KafkaError.OFFSET_NOT_AVAILABLE,
    ],
)
def test_a_partition_whose_leader_is_new_is_asked_for_its_ends_again(code: int) -> None:
    """What passes by itself within a second is no trouble to tell of."""
    # Given a partition whose new leader cannot say yet, and can when it is asked again
    asked = create_autospec(kafka.Consumer, instance=True)
    not_yet = kafka.KafkaException(kafka.KafkaError(code))
    asked.get_watermark_offsets.side_effect = [not_yet, (0, 7)]

    # When it is asked, then the answer is told
    assert watermarks(asked, kafka.TopicPartition("t", 0)) == (0, 7)


def test_a_refusal_to_tell_a_partitions_ends_is_told_at_once() -> None:
    """Asking again would not help."""
    # Given a topic that may not be read
    asked = create_autospec(kafka.Consumer, instance=True)
    code = kafka.KafkaError.TOPIC_AUTHORIZATION_FAILED
    asked.get_watermark_offsets.side_effect = [kafka.KafkaException(kafka.KafkaError(code)), (0, 7)]

    # When it is asked, then the refusal is raised
    with pytest.raises(kafka.KafkaException) as refused:
        watermarks(asked, kafka.TopicPartition("t", 0))
    assert refused.value.args[0].code() == code


class _WithoutLeader:
    """Answers as the client does where one of two partitions has no leader it reaches."""

    def __init__(self, *offsets: int) -> None:
        self._offsets = offsets

    def list_offsets(self, asked: dict[kafka.TopicPartition, Any], **_: Any) -> dict[Any, Any]:
        answers: dict[Any, Any] = {}
        for place, offset in zip(asked, self._offsets, strict=True):
            answers[place] = Future()
            answers[place].set_result(SimpleNamespace(offset=offset))
        return answers


def test_an_end_that_is_no_offset_is_left_out() -> None:
    """The client tells -1001 where a leader is away: taken for an end, all above it hangs."""
    # Given two partitions, the leader of one of which is away
    admin = cast("kafka.AdminClient", _WithoutLeader(7, -1001))

    # When it is asked where they end, then it is told of the other alone
    places = [("t", 0), ("t", 1)]
    assert ends(admin, places, kafka.IsolationLevel.READ_COMMITTED) == {("t", 0): 7}


def test_no_end_at_all_is_no_answer() -> None:
    """As where the cluster is away."""
    # Given a partition whose leader is away, when it is asked where it ends, then that is raised
    admin = cast("kafka.AdminClient", _WithoutLeader(-1001))
    with pytest.raises(kafka.KafkaException):
        ends(admin, [("t", 0)], kafka.IsolationLevel.READ_COMMITTED)


def test_a_moment_behind_all_records_is_an_answer() -> None:
    """-1 is the client's word for it."""
    # Given a partition all of whose records are older, when it is asked, then there is none
    admin = cast("kafka.AdminClient", _WithoutLeader(-1))
    assert since(admin, {("t", 0): 1}) == {("t", 0): None}
