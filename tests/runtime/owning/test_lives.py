"""Whether a process ended, or only lost its group for a moment."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import pytest
from support.clock import ManualClock

from headway.edges import kafka
from headway.owning.lives import Lives, client_id, new_life

_OWN, _PEER = "own-life", "peerlife"


@dataclass
class _Member:
    client_id: str


@dataclass
class _Description:
    members: list[_Member]


@dataclass
class _Admin:
    """Answers as it is told: names of lives, an error, or (None) not at all."""

    answer: Callable[[], list[str]] | None = None
    asked: int = 0
    pending: list[Future[Any]] = field(default_factory=list)

    def describe_consumer_groups(self, group_ids: list[str], **_: Any) -> dict[str, Future[Any]]:
        self.asked += 1
        future: Future[Any] = Future()
        self.pending.append(future)
        if self.answer is not None:
            try:
                members = [_Member(client_id("pod-0", life)) for life in self.answer()]
            except kafka.KafkaException as error:
                future.set_exception(error)
            else:
                future.set_result(_Description(members))
        return {group_ids[0]: future}


@pytest.fixture
def admin() -> _Admin:
    return _Admin(lambda: [_OWN, _PEER])


@pytest.fixture
def lives(admin: _Admin, clock: ManualClock) -> Lives:
    return Lives(lambda: admin, "p1", own=_OWN, away_seconds=15, clock=clock)


def _settled(lives: Lives, clock: ManualClock, seconds: float) -> bool | None:
    """What is known of the peer after *seconds* of turns."""
    known = None
    for _ in range(int(seconds) + 1):
        known = lives.ended(_PEER)
        clock.advance(1.0)
    return known


def test_lives_are_named_anew_at_every_start() -> None:
    """A restart under the same instance id is another life."""
    # Given two starts, when they are named, then the names differ and fit the metadata
    names = {new_life() for _ in range(100)}
    assert len(names) == 100
    assert {len(name) for name in names} == {8}


def test_a_member_of_the_group_is_alive(lives: Lives, clock: ManualClock) -> None:
    """It lost a partition and nothing else."""
    # Given a peer in the group, when it is asked for, then it has not ended
    assert _settled(lives, clock, 3) is False


def test_this_process_is_alive_without_a_question(lives: Lives, admin: _Admin) -> None:
    """A producer that was lost, or a session, is no end of the process."""
    # Given our own life, when it is asked for, then nobody has to be asked
    assert lives.ended(_OWN) is False
    assert admin.asked == 0


def test_who_named_no_life_counts_as_ended(lives: Lives) -> None:
    """Of an earlier release nothing can be known."""
    # Given metadata without a life, when it is asked for, then it counts as ended
    assert lives.ended("") is True


def test_who_is_away_has_ended_only_after_the_time_the_group_waits(
    lives: Lives, admin: _Admin, clock: ManualClock
) -> None:
    """After an outage members come back one by one."""
    # Given a peer that is no member just now
    admin.answer = lambda: [_OWN]

    # When it stays away, then nothing is known before the time is over
    assert _settled(lives, clock, 10) is None
    assert _settled(lives, clock, 10) is True


def test_who_comes_back_in_time_has_not_ended(
    lives: Lives, admin: _Admin, clock: ManualClock
) -> None:
    """Nothing is held against what it had at work."""
    # Given a peer that is away for a while
    admin.answer = lambda: [_OWN]
    assert _settled(lives, clock, 10) is None

    # When it is a member again, then it lives
    admin.answer = lambda: [_OWN, _PEER]
    assert _settled(lives, clock, 3) is False


def test_no_answer_is_no_end(lives: Lives, admin: _Admin, clock: ManualClock) -> None:
    """A cluster that cannot be asked says nothing about a process."""

    def refuse() -> list[str]:
        raise kafka.KafkaException(kafka.KafkaError(kafka.KafkaError.COORDINATOR_NOT_AVAILABLE))

    # Given errors, and then questions that are never answered
    admin.answer = refuse
    assert _settled(lives, clock, 60) is None
    admin.answer = None

    # When a minute goes by, then nothing is known, and it was asked again
    before = admin.asked
    assert _settled(lives, clock, 60) is None
    assert admin.asked > before + 5


@pytest.mark.parametrize("answers", [True, False])
def test_a_cluster_that_is_away_is_asked_by_few_clients(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch, *, answers: bool
) -> None:
    """Each has threads and connections until it is closed: they would leave no time for work."""
    monkeypatch.setattr("headway.owning.lives.close_beside", lambda _: None)

    # Given a group whose coordinator refuses, or does not answer at all
    def refuse() -> list[str]:
        raise kafka.KafkaException(kafka.KafkaError(kafka.KafkaError.COORDINATOR_NOT_AVAILABLE))

    made: list[_Admin] = []

    def make() -> _Admin:
        made.append(_Admin(refuse if answers else None))
        return made[-1]

    lives = Lives(make, "p1", own=_OWN, away_seconds=15, clock=clock)

    # When a peer is asked for during an hour
    assert _settled(lives, clock, 3600) is None

    # Then a client was made every half minute at most, and each was asked more than once
    assert 3600 / 45 <= len(made) <= 3600 / 30 + 10
    assert sum(admin.asked for admin in made) > 2 * len(made)
