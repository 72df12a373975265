"""When a job is tried again later, and when never."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from headway.base.errors import DecodeError, PermanentError, StoreUnavailable, TimedOut
from headway.base.errors import WorkerCrashed as Crashed
from headway.declared.backoff import NEVER, Backoff, Wait, seconds
from headway.declared.pipeline import Pipeline

_AWAY = StoreUnavailable("away")
_NOW = 1_764_000_000_000
_DAY_SECONDS = 86_400.0
_PARTITIONS = 256
#: The same examples at every run, and nothing kept between them.
_property = settings(max_examples=200, deadline=None, derandomize=True, database=None)

_backoffs = some.builds(
    Backoff,
    delays_seconds=some.lists(some.floats(0, _DAY_SECONDS), min_size=1, max_size=6).map(tuple),
    tries=some.integers(0, 30),
    jitter=some.floats(0, 1),
    deadline_seconds=some.floats(0, 10 * _DAY_SECONDS),
    crashes=some.integers(0, 5),
    timeouts=some.integers(0, 5),
)
_partitions = some.integers(0, _PARTITIONS - 1)
_times = some.integers(0, 2 * _NOW)
_declared = {"delays": ["5 s", "1 min"], "tries": 6, "jitter": 0.1, "deadline": "1 h"}


@_property
@given(backoff=_backoffs, number=some.integers(1, 40), now=_times, partition=_partitions)
def test_a_wait_is_its_delay_and_no_more_than_the_jitter_longer(
    backoff: Backoff, number: int, now: int, partition: int
) -> None:
    """Never earlier than now and the delay; the last delay is the one that is repeated."""
    # Given any policy, when a wait is asked for
    wait = backoff.wait(number, now=now, partition=partition)

    # Then it is of the delay of that number, or of the last, and within its jitter
    assert wait.tier == min(number, len(backoff.delays_seconds))
    least = backoff.delays_seconds[wait.tier - 1] * 1000
    assert now + least - 1 < wait.due_at < now + least * (1 + backoff.jitter) + 1


@_property
@given(backoff=_backoffs, partition=_partitions, error=some.sampled_from([_AWAY, OSError()]))
def test_tries_end_by_their_number_or_by_the_deadline(
    backoff: Backoff, partition: int, error: Exception
) -> None:
    """A job that fails at each of them waits so often, so long, and never once more."""
    # Given a job that fails as soon as it is tried
    now = _NOW
    due: list[int] = []

    # When it is tried again until there is no answer but to give it up
    while wait := backoff.after(error, tries=len(due), since=_NOW, now=now, partition=partition):
        now = wait.due_at
        due.append(wait.due_at)

    # Then it was within both bounds, and one of them is reached
    assert len(due) <= backoff.tries
    assert all(at - _NOW <= backoff.deadline_seconds * 1000 for at in due)
    following = backoff.wait(len(due) + 1, now=now, partition=partition).due_at
    over = following - _NOW > backoff.deadline_seconds * 1000
    assert over or len(due) == backoff.tries


@_property
@given(
    backoff=_backoffs,
    times=some.lists(_times, min_size=2, max_size=2).map(sorted),
    numbers=some.lists(some.integers(1, 40), min_size=2, max_size=2),
    partition=_partitions,
)
def test_in_one_partition_of_a_tier_who_came_first_is_due_first(
    backoff: Backoff, times: list[int], numbers: list[int], partition: int
) -> None:
    """The head of a tier stands for all behind it: nothing behind it may be due before it."""
    # Given two jobs of a partition, one put off after the other, at any of their tries
    first, second = (
        backoff.wait(number, now=now, partition=partition)
        for number, now in zip(numbers, times, strict=True)
    )

    # When they come into the same tier, then they are due in that order
    assert first.tier != second.tier or first.due_at <= second.due_at


@_property
@given(backoff=_backoffs, tries=some.integers(0, 40), partition=_partitions)
def test_what_cannot_pass_is_never_tried_again(
    backoff: Backoff, tries: int, partition: int
) -> None:
    """The same input fails every time: a later try is a wait for nothing."""
    # Given errors of bad input, when they are met under any policy, then there is no wait
    for error in (PermanentError("row 3"), DecodeError("no record")):
        again = backoff.after(error, tries=tries, since=_NOW, now=_NOW, partition=partition)
        assert again is None


@_property
@given(backoff=_backoffs, partition=_partitions)
def test_calls_that_cost_their_process_are_fewer(backoff: Backoff, partition: int) -> None:
    """A job that ends each process it meets ends no more of them than the policy says."""
    # Given jobs that crash, or take too long, at each of their tries
    for error, most in ((Crashed("SIGSEGV"), backoff.crashes), (TimedOut("9 s"), backoff.timeouts)):
        # When they had any number of tries, then there is no answer beyond their own bound
        for tries in range(40):
            wait = backoff.after(error, tries=tries, since=_NOW, now=_NOW, partition=partition)
            assert wait is None or tries < min(most, backoff.tries)


@pytest.mark.parametrize("partitions", [2, 6, 12, 48, 200])
def test_partitions_are_due_apart_from_each_other(partitions: int) -> None:
    """A store that comes back meets its jobs bit by bit: no two partitions at one moment."""
    # Given jobs of every partition that failed at once
    backoff = Backoff(delays_seconds=(1000.0,), tries=1, jitter=1.0, deadline_seconds=9999.0)

    # When they are put off
    due = sorted(backoff.wait(1, now=0, partition=n).due_at for n in range(partitions))

    # Then their times lie over the whole of the jitter, and none near another
    apart = [after - before for before, after in pairwise(due)]
    even = 1_000_000 / partitions
    assert min(apart) > even / 3
    assert max(*apart, due[0] - 1_000_000, 2_000_000 - due[-1]) < even * 3


def test_the_declared_policy_waits_as_its_words_say() -> None:
    """Seconds, a minute, ten minutes, and the last again until the hour is over."""
    # Given the policy of the product, in a partition without jitter
    backoff, now = Pipeline.load().stages[0].retry, 0
    waits: list[Wait] = []

    # When a job fails at each try, a second after it began
    while wait := backoff.after(_AWAY, tries=len(waits), since=0, now=now, partition=0):
        waits.append(Wait(wait.tier, wait.due_at - now))
        now = wait.due_at + 1000

    # Then it waits for each delay in turn
    assert waits == [Wait(1, 5000), Wait(2, 60_000), *[Wait(3, 600_000)] * 4]


def test_a_wait_that_ends_at_the_deadline_is_the_last() -> None:
    """Held to the millisecond."""
    # Given a policy of ten seconds, and a job that first failed seven seconds ago
    backoff = Backoff(delays_seconds=(3.0,), tries=9, jitter=0, deadline_seconds=10)
    # When it fails there, or a millisecond later, then it is due in time, or never
    due = [backoff.after(_AWAY, tries=1, since=0, now=now, partition=0) for now in (7000, 7001)]
    assert due == [Wait(1, 10_000), None]


def test_a_stage_that_never_tries_later_does_not() -> None:
    """Its jobs are given up after their calls in place."""
    # Given no later tries, and those of an operator who wants none, when a job fails
    none = Backoff.of(_declared).changed("", 0)
    answers = [b.after(_AWAY, tries=0, since=0, now=0, partition=0) for b in (NEVER, none)]
    # Then there is no wait
    assert answers == [None, None]


def test_a_deployment_changes_delays_and_tries_and_nothing_else() -> None:
    """Empty and below zero leave what is declared."""
    # Given the declared policy, when a deployment says what it wants, then that is so
    backoff = Backoff.of(_declared)
    assert backoff.changed("", -1) == backoff.changed(" ", -1) == backoff
    changed = backoff.changed("0.5, 2", 9)
    assert (changed.delays_seconds, changed.tries) == ((0.5, 2.0), 9)
    assert (changed.jitter, changed.deadline_seconds) == (0.1, 3600.0)


@pytest.mark.parametrize(
    ("delays", "words"),
    [
        ("5", "'5' are 1 delays, not 2"),
        ("5,6,7", "are 3 delays, not 2"),
        ("5,", "'' is no delay"),
        ("5 s,6 s", "'5 s' is no delay"),
        ("-1,5", "'-1' is no delay"),
        ("nan,5", "'nan' is no delay"),
        ("5,inf", "'inf' is no delay"),
    ],
)
def test_delays_that_cannot_be_are_refused_at_the_start(delays: str, words: str) -> None:
    """An operator reads what is wrong with which of them."""
    # Given such a setting, when it is read, then it is refused in words
    with pytest.raises(ValueError, match=words):
        Backoff.of(_declared).changed(delays, -1)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"delays": ["5"]}, "'5' is no duration such as 5 s"),
        ({"delays": []}, "there must be a delay"),
        ({"tries": -1}, "-1 tries; 0 is the least"),
        ({"jitter": 1.5}, "jitter 1.5 is no share from 0 to 1"),
        ({"jitter": -0.1}, "jitter -0.1 is no share"),
        ({"deadline": "soon"}, "'soon' is no duration"),
    ],
)
def test_a_declaration_that_cannot_be_is_refused(changed: dict[str, object], words: str) -> None:
    """Found when a process starts, by the value that is wrong."""
    # Given such a declaration, when it is read, then it is refused in words
    with pytest.raises(ValueError, match=words):
        Backoff.of(_declared | changed)


@pytest.mark.parametrize(
    ("duration", "length"),
    [
        ("10 ms", 0.01),
        ("5 s", 5.0),
        ("5s", 5.0),
        (" 1.5 min ", 90.0),
        ("1 h", 3600.0),
        ("2 d", 172_800.0),
        ("0 s", 0.0),
    ],
)
def test_a_duration_is_a_number_and_its_unit(duration: str, length: float) -> None:
    """As people write it."""
    # Given a duration, when it is read, then it is so many seconds
    assert seconds(duration) == pytest.approx(length)


@pytest.mark.parametrize("duration", ["", "5", "s", "-5 s", "5 m", "5 sec", "1 h 30 min", "1e3 s"])
def test_what_is_no_duration_is_refused(duration: str) -> None:
    """A number without a unit is read as another one by everybody."""
    # Given other words, when they are read, then they are refused
    with pytest.raises(ValueError, match="is no duration such as 5 s, 1 min or 1 h"):
        seconds(duration)
