"""Questions that are asked again and again, by a client that is replaced when it fails."""

from typing import cast

import pytest

from headway import kafka
from headway.admin import Questions


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every client that was made, in order."""
    made: list[object] = []

    def make(_: kafka.Options) -> kafka.AdminClient:
        made.append(object())
        return cast("kafka.AdminClient", made[-1])

    monkeypatch.setattr("headway.kafka.admin_client", make)
    return made


def test_a_client_that_answers_is_kept(made: list[object]) -> None:
    """To connect anew for each question would cost the brokers more than the question."""
    # Given questions that are answered, when they are asked, then by one client
    questions = Questions({})
    assert [questions.ask(id) for _ in range(3)] == [id(made[0])] * 3
    assert len(made) == 1


def test_a_client_that_could_not_answer_is_replaced(made: list[object]) -> None:
    """It would go on asking a controller that has gone, for minutes."""
    # Given a client that was kept
    questions = Questions({})
    questions.ask(id)

    # When it cannot answer
    def unanswered(_: kafka.AdminClient) -> None:
        raise kafka.KafkaException(kafka.KafkaError(kafka.KafkaError._TIMED_OUT))

    for _ in range(2):
        with pytest.raises(kafka.KafkaException, match="_TIMED_OUT"):
            questions.ask(unanswered)

    # Then each next question is asked by another, until one answers
    assert questions.ask(id) == id(made[2])
    assert questions.ask(id) == id(made[2])
