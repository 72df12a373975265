"""Who asks what a group has committed: beside the loop, and beside each other where one waits."""

import threading
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from support.waiting import DEADLINE_SECONDS, wait_until

from headway.edges import groupreaders, kafka
from headway.edges.groupreaders import GroupReaders


class _Reader:
    """Counts the calls that keep what it has to say from piling up."""

    def __init__(self) -> None:
        self.polls = 0

    def committed(
        self, partitions: list[kafka.TopicPartition], timeout: float = -1
    ) -> list[kafka.TopicPartition]:
        del timeout
        return partitions

    def poll(self, timeout: float = -1) -> object:
        assert timeout == 0
        self.polls += 1
        return None


class _Made:
    """What readers were made."""

    def __init__(self) -> None:
        self.readers: list[_Reader] = []

    def __call__(self) -> _Reader:
        self.readers.append(_Reader())
        return self.readers[-1]


@pytest.fixture
def made() -> _Made:
    return _Made()


@pytest.fixture
def readers(made: _Made) -> Iterator[GroupReaders]:
    asking = GroupReaders(made)
    yield asking
    asking.close()


def _told(sink: list[object], reader: object) -> bool:
    """An answer; *sink* keeps who gave it."""
    sink.append(reader)
    return True


def _looked(readers: GroupReaders, condition: Callable[[], bool]) -> bool:
    readers.look()
    return condition()


def test_questions_are_asked_one_after_the_other_by_one_reader(
    readers: GroupReaders, made: _Made
) -> None:
    """Where none has to wait, a group costs one client."""
    # Given questions that are answered at once
    asked: list[object] = []

    # When they are asked
    for _ in range(20):
        before = len(asked)
        readers.ask(partial(_told, asked))
        wait_until(lambda before=before: _looked(readers, lambda: len(asked) > before))  # type: ignore[misc]

    # Then the same one has asked all
    assert asked == [made.readers[0]] * 20
    assert len(made.readers) == 1


def test_one_that_waits_holds_up_no_other(readers: GroupReaders, made: _Made) -> None:
    """Another reader is made for what waits behind it, and not without end."""
    # Given more questions than there may be readers, that wait
    going_on, others = threading.Event(), list[object]()

    def wait(_: object) -> bool:
        return going_on.wait(DEADLINE_SECONDS)

    most = groupreaders._MOST_READERS
    for _ in range(most - 1):
        readers.ask(wait)

    # When another is asked, then it is answered while they wait
    readers.ask(partial(_told, others))
    wait_until(lambda: _looked(readers, lambda: bool(others)))
    assert len(made.readers) <= most

    # When too many wait, then there are no more readers than that
    for _ in range(3):
        readers.ask(wait)
    wait_until(lambda: _looked(readers, lambda: len(made.readers) == most))
    for _ in range(100):
        readers.look()
    assert len(made.readers) == most
    going_on.set()


def test_a_reader_that_is_told_nothing_for_long_is_replaced(
    readers: GroupReaders, made: _Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its client may go on asking somebody who is not there any more."""
    # Given a reader that gets no answers
    monkeypatch.setattr(groupreaders, "_SILENT_SECONDS", 0.2)
    asked: list[object] = []

    # When questions go on, then another one asks them in the end
    def ask() -> bool:
        readers.ask(lambda reader: not _told(asked, reader))
        return len(set(asked)) > 1

    wait_until(ask)
    assert asked[0] is made.readers[0]


def test_a_reader_that_cannot_be_made_just_now_is_made_later(
    made: _Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine without file descriptors may have some again."""
    # Given a client that is refused twice
    monkeypatch.setattr(groupreaders, "_POLL_SECONDS", 0.01)
    refused = [kafka.KafkaException(kafka.KafkaError(kafka.KafkaError._FAIL))] * 2

    def make() -> _Reader:
        if refused:
            raise refused.pop()
        return made()

    # When a question is asked, then it is answered in the end
    readers, asked = GroupReaders(make), list[object]()
    readers.ask(partial(_told, asked))
    wait_until(lambda: asked)
    assert refused == []
    readers.close()


def test_a_machine_without_threads_stops_no_loop(
    readers: GroupReaders, made: _Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What there is goes on asking."""
    # Given a question that waits behind another, and no thread to be had
    going_on, asked = threading.Event(), list[object]()
    wait_until(lambda: made.readers)
    readers.ask(lambda _: going_on.wait(DEADLINE_SECONDS))
    readers.ask(partial(_told, asked))
    monkeypatch.setattr(groupreaders, "_PATIENCE_SECONDS", 0)
    tries: list[None] = []

    def refuse(_: GroupReaders) -> None:
        tries.append(None)
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(GroupReaders, "_widen", refuse)

    # When the loop looks after it, then it is not disturbed, and the first reader answers
    wait_until(lambda: _looked(readers, lambda: bool(tries)))
    going_on.set()
    wait_until(lambda: asked)


def test_what_an_idle_reader_has_to_say_is_taken(
    made: _Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines about lost connections would pile up in it."""
    # Given readers that are asked nothing
    monkeypatch.setattr(groupreaders, "_POLL_SECONDS", 0.01)
    readers = GroupReaders(made)

    # When time passes, then they are polled
    wait_until(lambda: made.readers and made.readers[0].polls > 2)
    readers.close()


def test_a_closed_reader_is_let_go(made: _Made) -> None:
    """Its thread ends, and with it the client."""
    # Given readers
    before = set(threading.enumerate())
    readers = GroupReaders(made)
    asking = [thread for thread in threading.enumerate() if thread not in before]
    assert asking

    # When they are closed, then their threads end
    readers.close()
    wait_until(lambda: not any(thread.is_alive() for thread in asking))
