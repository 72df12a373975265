"""Jobs are forgotten and then removed: what is left of them is known before, until it is gone."""

import json
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest
from support.clock import ManualClock
from support.kafka.messages import SUBMITTED_AT, message
from support.scheduling.desk import Topics, lane_of
from support.scheduling.states import failed, job, state
from support.waiting import wait_until

from headway.base.errors import StoreUnavailable
from headway.edges.objectstore import ObjectStore
from scheduler.declared.crontab import Crontab
from scheduler.keeping.remains import Remains
from scheduler.lane.order import RUN, Order
from scheduler.passes.chunk import Chunk
from scheduler.passes.forget import Forget
from scheduler.passes.pace import Pace
from scheduler.passes.where import Where
from scheduler.rules.passing import WalkingPass
from scheduler.rules.rule import Named
from scheduler.working.lane import Lane

_NAME = "retention"
#: What an owner had under way its heir does again after this.
_LEASE_SECONDS = 600
_FILES = {
    "uploads/job-1/abc/source.csv",
    "jobs/job-1/p1/profile.json",
    "jobs/job-1/p2/report.html",
    "elsewhere/report.pdf",
    "dead-letters/p1/jobs.submitted-0-7",
    "idempotency/8f",
    "idempotency-of/job-1/8f",
}
_OTHERS = {"uploads/job-10/abc/source.csv", "jobs/job-10/p1/profile.json", "idempotency/9a"}


class _Walker:
    """All states there are, at once."""

    def __init__(self, states: list[dict[str, Any]]) -> None:
        self._states = states

    def read(self, _: int, offset: int) -> Future[Chunk]:
        found = [(s["job_id"], at, job(s, at)) for at, s in enumerate(self._states)][offset:]
        answer: Future[Chunk] = Future()
        answer.set_result(Chunk(found, len(self._states), ended=True))
        return answer

    def close(self) -> None:
        """There is nothing to let go of."""


class _Scene:
    """A lane with the one rule, and a store."""

    def __init__(self, states: list[dict[str, Any]], trimmed_below: int = 1) -> None:
        self.clock, self.topics, self.walker = ManualClock(), Topics(), _Walker(states)
        self.clock.wall_ms = SUBMITTED_AT + 3_600_000
        self.store = ObjectStore.open("memory://")
        self.away = False
        self.trimmed_below = trimmed_below
        for key in _FILES | _OTHERS:
            self.store.put_bytes(key, b"x")
        self.lane = self.take_over()

    def take_over(self) -> Lane:
        """By an heir, who knows what was committed."""
        pass_ = Forget(
            _NAME,
            Where(older_ms=60_000),
            trimmed_below=lambda: self.trimmed_below,
            remains=Remains(self._open, lambda *_: _letter()),
        )
        rule = WalkingPass(
            Named(name=_NAME, kind="forget", about="x"),
            Crontab("0 0 * * *", "UTC"),
            pass_,
            walker=self.walker,
            pace=Pace(1000, self.clock),
        )
        items = list(self.topics.items.values())
        self.lane = lane_of([rule], self.clock, items=items, standings=self.topics.standings)
        return self.lane

    def run(self) -> None:
        self.lane.obey(Order("c", _NAME, RUN, "ann", 0), 0)
        self.until(lambda: self.topics.standings[_NAME].running is None)

    def until(self, condition: Callable[[], object]) -> None:
        def turned() -> bool:
            self.clock.advance(0.1)
            self.lane.turn()
            self.topics.commit(self.lane)
            return bool(condition())

        wait_until(turned, lambda: self.topics.items)

    def waits(self) -> bool:
        """Whether anything is known that is to be removed."""
        return f"{_NAME}/job-1" in self.topics.items

    def left(self) -> set[str]:
        found = (self.store.keys(f) for f in ("uploads", "jobs", "elsewhere", "dead-letters"))
        claims = (self.store.keys(f) for f in ("idempotency", "idempotency-of"))
        return {key for keys in (*found, *claims) for key in keys}

    def _open(self) -> ObjectStore:
        if self.away:
            raise StoreUnavailable("it is away")
        return self.store


def _letter() -> Any:
    return message(b"", headers=[("headway.claim", b"dead-letters/p1/jobs.submitted-0-7")])


def _over(**changed: Any) -> dict[str, Any]:
    result = [{"name": "r", "media_type": "m", "key": "elsewhere/report.pdf", "size_bytes": 1}]
    return dict(failed(**({"result": result} | changed)))


def test_a_job_that_is_forgotten_leaves_nothing_behind() -> None:
    """Neither files, nor parts of its dead letter, nor the key that its client had chosen."""
    # Given a job that is long over
    scene = _Scene([_over()])

    # When it is to be forgotten
    scene.run()

    # Then its stage is told, and where it will find the end; nothing is removed before it has
    (command,) = scene.topics.commands
    told = [command[name] for name in ("kind", "job_id", "attempt", "stage", "state_offset")]
    assert told == ["forget", "job-1", 1, "p1", 0]
    assert scene.waits()
    assert scene.left() == _FILES | _OTHERS

    # And then all of it is, and no other job's
    scene.lane.hear_gone("job-1", 5)
    scene.until(lambda: not scene.waits())
    assert scene.left() == _OTHERS


def test_whoever_takes_the_lane_over_removes_what_was_to_be() -> None:
    """What the tombstone does not tell was put down before, and waits until it is done."""
    # Given a job that is being forgotten, by an owner that is gone, and a store that is away
    scene = _Scene([_over()])
    scene.run()
    scene.away = True
    heir = scene.take_over()

    # When the tombstone is read, and the store comes back after a while and another heir
    heir.hear_gone("job-1", 5)
    scene.until(lambda: _is_known_gone(scene))
    scene.take_over()
    scene.away = False
    scene.clock.advance(_LEASE_SECONDS)

    # Then all of it is removed
    scene.until(lambda: not scene.waits())
    assert scene.left() == _OTHERS


def test_what_others_have_forgotten_is_removed_as_well() -> None:
    """A person by a command, say: only what nothing tells of any more stays."""
    # Given a job that no rule means
    scene = _Scene([_over(updated_at=2**41)])

    # When its tombstone is read
    scene.lane.hear_gone("job-1", 5)
    scene.until(lambda: not scene.waits() and len(scene.left()) < len(_FILES | _OTHERS))

    # Then its folders and its key are gone
    apart = {"elsewhere/report.pdf", "dead-letters/p1/jobs.submitted-0-7"}
    assert scene.left() == _OTHERS | apart


def test_a_job_that_is_opened_again_keeps_what_it_has() -> None:
    """A person was quicker than the stage was to forget."""
    # Given a job that is to be forgotten
    scene = _Scene([_over()])
    scene.run()

    # When it has a further attempt, then nothing is to be removed
    scene.lane.hear(job(state(attempt=2, status="RETRY_SCHEDULED"), 9))
    scene.until(lambda: not scene.waits())
    assert scene.left() == _FILES | _OTHERS


@pytest.mark.parametrize(
    "changed",
    [
        {"submitted_offset": 1},
        {"updated_at": 2**41},
        {"terminal": False},
    ],
    ids=["submission kept", "young", "not over"],
)
def test_what_may_not_be_forgotten_yet_is_not_asked_for(changed: dict[str, Any]) -> None:
    """Its stage would refuse, each night anew."""
    # Given a job that is young, or not over, or whose submission is kept
    scene = _Scene([_over(**changed)])

    # When jobs are to be forgotten, then nobody is told to
    scene.run()
    assert (scene.topics.commands, scene.waits()) == ([], False)


def test_a_stage_that_takes_its_time_is_waited_for() -> None:
    """It may be away for days: what is to be removed is known as long."""
    # Given a job that is to be forgotten
    scene = _Scene([_over()])
    scene.run()

    # When days go by
    for _ in range(3):
        scene.clock.advance(90_000)
        scene.until(lambda: True)

    # Then it waits still
    assert scene.waits()
    assert scene.left() == _FILES | _OTHERS


def _is_known_gone(scene: _Scene) -> bool:
    item = scene.topics.items.get(f"{_NAME}/job-1")
    return item is not None and bool(json.loads(item.data)["gone"])
