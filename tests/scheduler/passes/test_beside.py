"""What blocks is done beside the loop, and again if it fails or its owner dies."""

import threading

from support.clock import ManualClock
from support.scheduling.desk import Topics, lane_of
from support.waiting import wait_until

from scheduler.declared.crontab import Crontab
from scheduler.lane.desk import Desk
from scheduler.lane.order import COUNT, RUN, Order
from scheduler.lane.standing import Run
from scheduler.passes.errand import Done
from scheduler.pending.item import Item
from scheduler.rules.passing import ErrandPass
from scheduler.rules.rule import Named, Rule
from scheduler.working.beside import Beside
from scheduler.working.lane import Lane

_ITEM = Item(0, "sweep/job-1", "sweep", data="what is to be removed")


class _Sweeping(Rule):
    """Its items are work that fails as often as it is told."""

    def __init__(self, failures: int = 0) -> None:
        super().__init__(Named(name="sweep", kind="forget", about="x"))
        self.left = failures
        self.swept = 0

    def due(self, item: Item, desk: Desk) -> None:
        desk.beside(item, self._sweep)

    def _sweep(self) -> None:
        if self.left:
            self.left -= 1
            raise OSError("the store is away")
        self.swept += 1


class _Errand:
    def __init__(self, failures: int = 0) -> None:
        self.left = failures
        self.runs: list[bool] = []
        self.release = threading.Event()
        self.release.set()

    def run(self, _lane: int, *, dry: bool) -> Done:
        assert self.release.wait(60)
        if self.left:
            self.left -= 1
            raise OSError("the cluster is away")
        self.runs.append(dry)
        return Done(3, 0 if dry else 3)


def _turned_until_gone(lane: Lane) -> None:
    def gone() -> bool:
        lane.turn()
        return lane.desk.item(_ITEM.key) is None

    wait_until(gone)


def _finished(lane: Lane) -> Run:
    def run() -> Run | None:
        lane.turn()
        found = lane.desk.standing("trim").run
        return found if found is not None and found.finished_at is not None else None

    return wait_until(run)


def _trimming(clock: ManualClock, errand: _Errand) -> Lane:
    named = Named(name="trim", kind="trim", about="x")
    return lane_of([ErrandPass(named, Crontab("@daily", "UTC"), errand, beside=Beside())], clock)


def test_what_is_done_waits_no_more(clock: ManualClock) -> None:
    """Its item goes in the transaction after."""
    # Given work that is due
    rule = _Sweeping()
    lane = lane_of([rule], clock, items=[_ITEM])

    # When it is done
    _turned_until_gone(lane)

    # Then it was done once, and nothing waits
    assert rule.swept == 1
    assert Topics().commit(lane).items == {}


def test_what_fails_is_done_again_a_minute_later(clock: ManualClock) -> None:
    """As often as it takes."""
    # Given work that fails once
    rule = _Sweeping(failures=1)
    lane = lane_of([rule], clock, items=[_ITEM])

    # When it was tried
    def failed() -> bool:
        lane.turn()
        found = lane.desk.item(_ITEM.key)
        return not rule.left and found is not None and found.due_at == clock.now_ms() + 60_000

    wait_until(failed)
    clock.advance(61)

    # Then it is done after a minute
    _turned_until_gone(lane)
    assert rule.swept == 1


def test_what_is_under_way_is_done_again_by_an_heir_but_not_at_once(clock: ManualClock) -> None:
    """It may still be under way."""
    # Given work under way, whose owner is killed
    topics = Topics()
    lane = lane_of([_Sweeping()], clock, items=[_ITEM])
    lane.turn()
    topics.take(lane.cut())

    # When an heir comes, then it waits for ten minutes
    assert topics.items[_ITEM.key].due_at == clock.now_ms() + 600_000


def test_an_errand_is_counted_or_done_and_told(clock: ManualClock) -> None:
    """A dry run is told so."""
    # Given an errand
    errand = _Errand()
    lane = _trimming(clock, errand)

    # When it is counted, then run
    lane.obey(Order("c", "trim", COUNT, "ann", 0), 0)
    counted = _finished(lane)
    lane.obey(Order("r", "trim", RUN, "ann", 0), 1)
    done = _finished(lane)

    # Then both are told
    assert (counted.matched, counted.sent) == (3, 0)
    assert (done.matched, done.sent) == (3, 3)
    assert errand.runs == [True, False]


def test_an_errand_that_fails_is_run_again_after_a_minute(clock: ManualClock) -> None:
    """The run is under way until then."""
    # Given an errand that fails once
    errand = _Errand(failures=1)
    lane = _trimming(clock, errand)
    lane.obey(Order("r", "trim", RUN, "ann", 0), 0)

    # When it was tried
    def tried() -> bool:
        lane.turn()
        return not errand.left

    wait_until(tried)
    assert lane.desk.standing("trim").running is not None

    # Then it is done in the end
    def done() -> bool:
        clock.advance(10)
        lane.turn()
        return lane.desk.standing("trim").running is None

    wait_until(done)
    assert errand.runs == [False]
