"""What an instance has done is told as totals, in a form that stays small."""

from hypothesis import given
from hypothesis import strategies as st

from headway.observing.buckets import BOUNDS_MS, COUNT, counted, quantile_ms
from headway.observing.totals import MOST_CLASSES, OTHER, Totals


def test_what_is_told_only_grows_and_telling_changes_nothing() -> None:
    """A report may be told twice or be lost."""
    # Given an instance that has settled some records
    totals = Totals()
    totals.settled(["done", "failed"], ["BadFile"])
    totals.ended([1, 90], [90])
    once = totals.told()

    # When it is asked again, and settles more
    again = totals.told()
    totals.settled(["done"], [])
    totals.ended([2], [])

    # Then the same was told, and then the sum
    assert again == once
    assert totals.told()["outcomes"] == {"done": 2, "failed": 1}
    assert sum(totals.told()["stage_times"]) == 3
    assert sum(totals.told()["job_times"]) == 1


def test_classes_of_errors_without_end_are_told_as_one() -> None:
    """A handler names the classes; a report stays small whatever it does."""
    # Given a handler that raises a new class each time, with a name without end
    totals = Totals()

    # When it has failed a thousand times
    totals.settled([], (f"{number}" + "x" * 1000 for number in range(1000)))

    # Then so many are told apart, and none is lost
    errors = totals.told()["errors"]
    assert len(errors) == MOST_CLASSES + 1
    assert errors[OTHER] == 1000 - MOST_CLASSES
    assert max(map(len, errors)) <= 100


@given(st.lists(st.integers(0, 10**7), min_size=1), st.floats(0.01, 1))
def test_a_quantile_is_off_by_no_more_than_its_bucket(times: list[int], share: float) -> None:
    """What is found lies in the bucket of the true one."""
    # Given times, counted, and the one that it truly is
    counts = [0] * COUNT
    counted(times, counts)
    true = sorted(times)[max(0, -int(-share * len(times) // 1) - 1)]

    # When the quantile is asked for
    found = quantile_ms(counts, share)

    # Then it is of the same bucket
    assert found is not None
    upper = next((bound for bound in BOUNDS_MS if true <= bound), BOUNDS_MS[-1])
    lower = max((bound for bound in BOUNDS_MS if bound < upper), default=0)
    assert lower <= found <= upper


def test_of_nothing_there_is_no_quantile() -> None:
    """A window in which nothing ended says so."""
    # Given no times, when a quantile is asked for, then there is none
    assert quantile_ms([0] * COUNT, 0.5) is None
