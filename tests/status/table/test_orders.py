"""The topics read in any order: replicas agree, nothing falls, and what is over stays so."""

import random
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from support.status.jobs import Life, as_shown, read_in_any_order
from support.status.rows import QUEUED

from status.table.row import Row

#: A life and the orders it is read in, each from a seed of its own.
SEEDS = st.integers(0, 2**32).map(random.Random)
#: The same examples at every run, and nothing kept between them.
_property = settings(max_examples=60, deadline=None, derandomize=True, database=None)


@_property
@given(rng=SEEDS)
def test_any_order_among_the_topics_ends_at_the_same_row(rng: random.Random) -> None:
    """Only the order within a topic counts; so replicas agree, live or rebuilt."""
    # Given a job's life: tried again later, failed, redriven, cancelled, or still on its way
    life = Life.of(rng)

    # When the topics are read in six orders, and once with only the last state left
    orders = [
        read_in_any_order(rng, life.submissions, states, life.reports)
        for states in [life.states] * 6 + [life.states[-1:]]
    ]

    # Then the row is the same in the end: that of the last state in the topic
    ends = {order[-1] for order in orders}
    assert len(ends) == 1
    assert ends.pop().origin == life.states[-1].origin


@_property
@given(rng=SEEDS)
def test_whatever_the_order_of_the_topics_no_percent_ever_falls(rng: random.Random) -> None:
    """Not when a stage starts over, is tried again later, ends, fails, or is cancelled."""
    # Given a job's life
    life = Life.of(rng)

    # When the topics are read in some order
    shown = read_in_any_order(rng, [QUEUED], life.states, life.reports)

    # Then what is shown of an attempt never falls, and no attempt comes back
    moves = [(row.attempt, row.progress) for row in shown]
    assert moves == sorted(moves)


@_property
@given(rng=SEEDS)
def test_what_is_over_is_never_overwritten_within_its_attempt(rng: random.Random) -> None:
    """Neither CANCELLED nor any other end, by reports, submissions or states read again."""
    # Given a job's life, part of which is read a second time
    life = Life.of(rng)
    again = life.states[rng.randrange(len(life.states)) :]

    # When the topics are read in some order
    shown = read_in_any_order(rng, life.submissions * 2, [*life.states, *again], life.reports * 2)

    # Then each attempt that was over is shown as it ended until the next one opens
    for before, after in pairwise(shown):
        assert not before.over or after.attempt > before.attempt or _same(before, after)


def _same(before: Row, after: Row) -> bool:
    return as_shown(before) == as_shown(after)
