"""A frame said in one transaction: what a reader of committed records finds of it, and where."""

from collections.abc import Iterator
from typing import Any

import pytest
from support.kafka.clients import Clients, take
from support.kafka.messages import SUBMITTED_AT, envelope, message, partition, task
from support.waiting import wait_until

from headway.declared.catalog import Catalog
from headway.declared.pipeline import Pipeline
from headway.edges import kafka
from headway.edges.messages import headers_of
from headway.outcomes.failed import Failed
from headway.outcomes.finished import Finished
from headway.saying.frame import Frame
from headway.saying.transaction import Commit, TransactionalSink
from headway.taking.task import Task
from headway.wire.codec import Codec
from headway.wire.commands import CommandRecords
from headway.wire.records import StageRecords
from headway.wire.route import Origin, Route

#: Each in a partition of its own.
_FINISHED, _FAILED, _RUNNING = 0, 1, 2
_AT = SUBMITTED_AT + 5


class _Stage:
    """What a stage says with, and who reads it."""

    def __init__(self, clients: Clients) -> None:
        self.source, sink, state, letters = (clients.topic(partitions=3) for _ in range(4))
        self._clients = clients
        self.group = clients.name()
        self.member = clients.member(self.source, self.group)
        wait_until(lambda: self.member.poll(0.1) is None and self.member.assignment())
        pipeline = Pipeline.load()
        records = StageRecords(Codec(), pipeline, Catalog.load(), pipeline.stages[0])
        self.route = Route(
            sink=sink,
            state=state,
            dead_letters=letters,
            tiers=(),
            held="",
            results="",
            origin=Origin("p1", self.group),
            records=records,
            commands=CommandRecords(Codec()),
        )
        name = clients.name()
        self.sink = TransactionalSink(lambda: clients.producer(transactional_id=name), self.route)
        self.sink.open()

    def say(self, frame: Frame) -> None:
        """Have it committed, with the offset 8 of each partition."""
        offsets = [kafka.TopicPartition(self.source, index, 8) for index in range(3)]
        self.sink.write(frame, Commit(offsets, self.member.consumer_group_metadata()))

    def read(self, topic: str, index: int, count: int = 1) -> list[kafka.Message]:
        return take(self._clients.reader((topic, index)), count)

    def state(self, index: int) -> dict[str, Any]:
        (record,) = self.read(self.route.state, index)
        return Codec().decode(record.value(), "job-state")


@pytest.fixture
def stage(clients: Clients) -> Iterator[_Stage]:
    stage = _Stage(clients)
    yield stage
    stage.member.close()


def _task(index: int, job_id: str) -> Task:
    received = message(b"bytes", key=job_id.encode(), partition=index, headers=[("own", b"header")])
    return task(partition(index), received=received)


def _failed(job_id: str = "bad", *, named: bool = True) -> Task:
    given_up = _task(_FAILED, job_id)
    known = envelope(job_id) if named else None
    given_up.outcome = Failed("Broken", "why", retry_available=True, envelope=known, at=_AT)
    return given_up


def test_a_frame_is_read_whole_each_part_in_its_partition_under_its_key(stage: _Stage) -> None:
    """Output, states, dead letter and offsets: of the job that each is about."""
    # Given a job that has finished, one that was given up at 45 %, and one that runs
    frame, done, given_up = Frame(), _task(_FINISHED, "good"), _failed()
    done.outcome, given_up.progress = Finished(b"output", b"done"), (45, "half way")
    for ended in (done, given_up):
        frame.settle(ended)
    frame.announce(_task(_RUNNING, "slow"), b"running")

    # When it is said
    stage.say(frame)

    # Then the output and its state lie where the job does, and so does the state of who runs
    (output,) = stage.read(stage.route.sink, _FINISHED)
    assert (output.key(), output.value()) == (b"good", b"output")
    (state,) = stage.read(stage.route.state, _FINISHED)
    assert (state.key(), state.value()) == (b"good", b"done")
    (running,) = stage.read(stage.route.state, _RUNNING)
    assert (running.key(), running.value()) == (b"slow", b"running")

    # And the letter has the record's own key, bytes and headers, and the reason beside them
    (letter,) = stage.read(stage.route.dead_letters, _FAILED)
    headers = dict(headers_of(letter))
    assert (letter.key(), letter.value(), headers["own"]) == (b"bad", b"bytes", b"header")
    assert headers["headway.error.message"] == b"why"
    assert headers["headway.group"] == stage.group.encode()

    # And the offsets are committed
    places = [kafka.TopicPartition(stage.source, index) for index in range(3)]
    assert [place.offset for place in stage.member.committed(places, timeout=60)] == [8, 8, 8]


def test_a_job_given_up_is_told_with_the_place_of_its_letter(stage: _Stage) -> None:
    """Who reads the state finds the letter, and no percent it was shown is taken back."""
    # Given a letter that lies there already, and a job given up at 45 %
    earlier, frame, given_up = Frame(), Frame(), _failed()
    earlier.settle(_failed("unnamed", named=False))
    stage.say(earlier)
    given_up.progress = (45, "half way")
    frame.settle(given_up)

    # When it is said
    stage.say(frame)

    # Then its state says where the letter is, and what was told of it
    (record,) = stage.read(stage.route.state, _FAILED)
    assert record.key() == b"bad"
    letters = stage.read(stage.route.dead_letters, _FAILED, 2)
    state = stage.state(_FAILED)
    assert state["error"] == {
        "stage": "p1",
        "error_class": "Broken",
        "message": "why",
        "retry_available": True,
        "dead_letter": {
            "topic": stage.route.dead_letters,
            "partition": _FAILED,
            "offset": letters[1].offset(),
        },
    }
    assert (state["status"], state["progress"], state["updated_at"]) == ("FAILED", 45, _AT)
    assert (letters[0].key(), letters[1].key()) == (b"unnamed", b"bad")


def test_a_job_given_up_before_it_told_of_progress_has_the_percent_of_its_stage(
    stage: _Stage,
) -> None:
    """The percent is never below what its RUNNING said."""
    # Given one that never reported, when it is said, then its percent is that of RUNNING
    frame = Frame()
    frame.settle(_failed())
    stage.say(frame)
    assert stage.state(_FAILED)["progress"] == Pipeline.load().stages[0].running.progress


def test_a_record_of_no_job_is_a_letter_and_no_state(stage: _Stage) -> None:
    """Nobody can ask for it by a name."""
    # Given a record that names no job, and behind it one that does
    frame = Frame()
    frame.settle(_failed("unnamed", named=False))
    frame.settle(_failed("named"))

    # When they are said, then the only state is the other's
    stage.say(frame)
    letters = stage.read(stage.route.dead_letters, _FAILED, 2)
    assert [letter.key() for letter in letters] == [b"unnamed", b"named"]
    (state,) = stage.read(stage.route.state, _FAILED)
    assert state.key() == b"named"
