"""Claim checks: what no letter can carry lies in the store before the letter is said."""

import hashlib
from collections.abc import Callable, Iterable

import pytest
from support.clock import ManualClock
from support.kafka.messages import message, partition, task
from support.rooms.handling import CARRIED

from headway.base.errors import Abandoned, PermanentError, SettingsError, StoreUnavailable
from headway.declared.handler import Done
from headway.declared.pipeline import Pipeline
from headway.declared.retry import RetryPolicy
from headway.declared.stage import Stage
from headway.edges.objectstore import ObjectStore
from headway.handling.usual import usual
from headway.outcomes.claims import Claims
from headway.outcomes.deadletter import letter
from headway.outcomes.dropped import Dropped
from headway.outcomes.failed import Failed
from headway.taking.task import Task
from headway.wire.records import StageRecords
from headway.wire.route import Origin

_ZEROS = bytes(5_000_000)
_KEY = "dead-letters/p1/jobs.submitted-2-7"
_THRICE = RetryPolicy(calls=3, first_seconds=1.0, longest_seconds=1.5)


class _Panic(BaseException):
    """As native code raises it, outside of Exception."""


class _FailingStore(ObjectStore):
    """A store in memory that fails as told, call by call, and then takes everything."""

    def __init__(self, errors: Iterable[BaseException] = ()) -> None:
        super().__init__(ObjectStore.open("memory://")._backend)
        self._errors = list(errors)

    def put_bytes(self, key: str, data: bytes) -> None:
        if self._errors:
            raise self._errors.pop(0)
        super().put_bytes(key, data)


@pytest.fixture
def pauses() -> list[float]:
    """How long was waited, pause by pause."""
    return []


@pytest.fixture
def pause(pauses: list[float]) -> Callable[[float], bool]:
    """Waits no time at all; the work stays ours."""

    def pause(seconds: float) -> bool:
        pauses.append(seconds)
        return False

    return pause


def test_a_record_that_fits_a_letter_needs_no_store(pause: Callable[[float], bool]) -> None:
    """Of most failures the store hears nothing: it is not even opened."""

    # Given a store that must not be opened
    def must_not_open() -> ObjectStore:
        pytest.fail("the store was opened")

    # When a record of a common size is given up, then there is no claim
    assert Claims("p1", must_not_open).of(task(), pause) == ()


def test_an_oversized_value_lies_in_the_store_under_the_records_place(
    pause: Callable[[float], bool], pauses: list[float]
) -> None:
    """The bytes are the original ones, and the claim says how to be sure of it."""
    # Given 5 MB of zeros
    store = _FailingStore()
    given_up = task(received=message(_ZEROS))

    # When it is given up, twice, as after a rebalance
    claims = [Claims("p1", lambda: store).of(given_up, pause) for _ in range(2)]

    # Then it lies in the store, once
    ((claim,), again) = claims
    assert again == (claim,)
    assert (claim.part, claim.key, claim.size_bytes) == ("value", _KEY, 5_000_000)
    assert claim.sha256 == hashlib.sha256(_ZEROS).hexdigest()
    assert (store.get_bytes(_KEY), pauses) == (_ZEROS, [])


def test_each_oversized_part_is_an_object_of_its_own(pause: Callable[[float], bool]) -> None:
    """A key and headers may be as large as a value."""
    # Given a record of 15 MB, a third in each part
    store = _FailingStore()
    large = message(_ZEROS, key=_ZEROS, headers=[("trace", _ZEROS)])

    # When it is given up
    claims = Claims("p1", lambda: store).of(task(received=large), pause)

    # Then each part is there
    assert {claim.part: claim.key for claim in claims} == {
        "value": _KEY,
        "key": f"{_KEY}.key",
        "headers": f"{_KEY}.headers",
    }
    assert all(store.size(claim.key) == claim.size_bytes for claim in claims)


@pytest.mark.parametrize("error", [StoreUnavailable("away"), MemoryError(), _Panic("native")])
def test_a_store_that_comes_back_gets_what_it_missed(
    pause: Callable[[float], bool], pauses: list[float], error: BaseException
) -> None:
    """Pauses grow to their bound, and the claim is made."""
    # Given a store that fails twice, when a large record is given up
    store = _FailingStore([error, error])
    claims = Claims("p1", lambda: store, patience=_THRICE)
    (claim,) = claims.of(task(received=message(_ZEROS)), pause)

    # Then it lies there after two pauses
    assert store.size(claim.key) == 5_000_000
    assert pauses == [1.0, 1.5]


@pytest.mark.parametrize(
    ("error", "waited"), [(StoreUnavailable("away"), [1.0, 1.5]), (PermanentError("no key"), [])]
)
def test_a_store_that_stays_away_holds_up_nobody_for_long(
    pause: Callable[[float], bool], pauses: list[float], error: Exception, waited: list[float]
) -> None:
    """The letter goes without the part, and says where the record itself is."""
    # Given a store that is away
    claims = Claims("p1", lambda: _FailingStore([error] * 9), patience=_THRICE)
    given_up = task(received=message(_ZEROS))

    # When a large record is given up, then there is no claim after a bounded time
    assert claims.of(given_up, pause) == ()
    assert pauses == waited

    # And its letter says so
    failed = Failed.of(ValueError("odd"), envelope=None, at=0)
    told = dict(letter(given_up, failed, Origin("p1", "p1"), CARRIED).headers)
    assert told["headway.claim.missing"] == b"value"
    assert (told["headway.partition"], told["headway.offset"]) == (b"2", b"7")


def test_a_store_that_cannot_be_opened_is_a_store_that_is_away(
    pause: Callable[[float], bool],
) -> None:
    """A wrong address costs claims, not the stage."""

    # Given an address that is none
    def refuse() -> ObjectStore:
        raise SettingsError("no such store")

    # When a large record is given up, then there is no claim
    assert Claims("p1", refuse, patience=_THRICE).of(task(received=message(_ZEROS)), pause) == ()


def test_work_that_went_is_not_waited_for() -> None:
    """The next owner of the partition lays it down."""
    # Given a store that is away, and a partition that goes meanwhile
    claims = Claims("p1", lambda: _FailingStore([StoreUnavailable("away")] * 9), patience=_THRICE)

    # When a large record is given up, then it is left alone
    with pytest.raises(Abandoned):
        claims.of(task(received=message(_ZEROS)), lambda _: True)


@pytest.fixture
def run(pipeline: Pipeline, first: StageRecords) -> Callable[[ObjectStore, Task], object]:
    """Gives a task to a worker of the first stage whose claims go to the store given."""

    def run(store: ObjectStore, given_up: Task) -> object:
        def handler(*_: object) -> Done:
            raise PermanentError("odd")

        claims = Claims("p1", lambda: store, patience=RetryPolicy(2, 0.0, 0.0))
        declared, clock = pipeline.stage("p1"), ManualClock()
        stage = Stage("p1", handler)
        return usual(stage, declared, first, claims=claims, clock=clock).run(given_up)

    return run


def test_a_failure_of_a_large_record_carries_its_claim(
    run: Callable[[ObjectStore, Task], object],
) -> None:
    """The frame needs no store: the worker was there before it."""
    # Given 5 MB of zeros, when a worker meets them
    outcome = run(_FailingStore(), task(received=message(_ZEROS)))

    # Then they have failed as what they are, with the claim
    assert isinstance(outcome, Failed)
    assert outcome.error_class == "DecodeError"
    assert [claim.key for claim in outcome.claims] == [_KEY]


@pytest.mark.parametrize("reason", [None, Abandoned("nothing was lost when it was said")])
def test_a_large_record_whose_partition_goes_while_the_store_is_away_is_dropped(
    run: Callable[[ObjectStore, Task], object], reason: Exception | None
) -> None:
    """A worker does not wait for what others do now, whatever the record is given up for."""
    # Given a store that fails while the partition goes
    owner = partition()

    class Taking(_FailingStore):
        def put_bytes(self, key: str, data: bytes) -> None:
            owner.lost = True
            super().put_bytes(key, data)

    # When a worker meets a large record, then it is dropped after the one try
    store = Taking([StoreUnavailable("away")])
    large = task(owner, received=message(_ZEROS))
    large.given_up = reason
    assert run(store, large) == Dropped()


def test_a_claim_that_cannot_even_be_tried_leaves_the_failure_as_it_was(
    run: Callable[[ObjectStore, Task], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory that ends over a large record does not hide what was wrong with it."""

    # Given memory that ends where the claim begins
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Claims, "of", fail)

    # When a worker meets garbage, then its job has failed as garbage
    outcome = run(_FailingStore(), task(received=message(b"garbage")))
    assert isinstance(outcome, Failed)
    assert (outcome.error_class, outcome.claims) == ("DecodeError", ())
    assert outcome.envelope is not None
