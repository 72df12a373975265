"""What waits in a lane, against a plain list."""

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st
from support.scheduling.desk import WORDS

from scheduler.pending.heap import Pending
from scheduler.pending.item import Item

_KEYS = st.sampled_from([f"job-{n}" for n in range(6)])
_ITEMS = st.builds(
    Item, st.integers(0, 9), _KEYS, st.sampled_from(["one", "two"]), st.integers(1, 3)
)


@given(st.lists(st.one_of(_ITEMS, _KEYS), max_size=60))
def test_the_first_of_each_rule_is_that_of_a_plain_list(steps: list[Item | str]) -> None:
    """However items are put, replaced and removed."""
    # Given a plain table beside it
    pending, plain = Pending(), dict[str, Item]()

    # When items are put and keys removed
    for step in steps:
        if isinstance(step, Item):
            pending.put(step)
            plain[step.key] = step
        else:
            pending.remove(step)
            plain.pop(step, None)

        # Then both say the same of each rule, at every moment
        assert len(pending) == len(plain)
        for rule in ("one", "two"):
            own = sorted(item for item in plain.values() if item.rule == rule)
            assert pending.count(rule) == len(own)
            first = pending.first(rule)
            assert (first.due_at if first else None) == (own[0].due_at if own else None)


def test_what_is_gone_takes_no_memory_for_long() -> None:
    """A job that fails and is sent back a million times is one item."""
    # Given one item that is put again and again
    pending = Pending()
    for number in range(10_000):
        pending.put(Item(number, "job-1", "one"))

    # When what is kept is counted, then it is next to nothing
    assert len(pending._heaps["one"]) < 100


def test_items_taken_over_together_are_as_if_put_one_by_one() -> None:
    """A lane is loaded in one piece."""
    # Given items in no order
    items = [Item(due, f"job-{due}", "one") for due in (5, 1, 4, 2, 3)]

    # When they are taken over
    pending = Pending.of(items)

    # Then the first is the one that is due first
    assert pending.first("one") == items[1]
    assert pending.count("one") == 5


def test_what_waits_takes_half_a_kilobyte_at_most() -> None:
    """A million jobs that wait fit a small machine."""
    # Given items as they are read from their topic
    values = [
        WORDS.of_item(0, "", Item(1_764_000_000_000 + n, f"{n:036d}", "later", 1, "p1")).value
        for n in range(20_000)
    ]

    # When they wait
    tracemalloc.start()
    pending = Pending.of(WORDS.item(value or b"") for value in values)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    # Then each takes little
    assert len(pending) == 20_000
    assert size / 20_000 < 512
