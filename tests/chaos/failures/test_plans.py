"""The plans of a chaos run say what is meant, and its judge tells what is not as planned."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from support.stages.handlers.planned import count, script_of

from chaos.failures import kinds
from chaos.failures.judge import fits, wrong_answers
from chaos.failures.plan import RETRY, Answer, End, Order, Plan, When, cancel, retry

_DONE = End("COMPLETED", "p2")
_GONE = End("FAILED", "p1", "PermanentError")
_PLAN = Plan("redriven", "job", "", (_GONE, _DONE), (retry(1, "p1"), cancel(When.RUNNING, 2)))


def test_a_seed_gives_the_same_plans_and_each_kind_is_among_them() -> None:
    """A run that found something can be run again."""
    # Given the plans of a seed
    plans = kinds.plans(300, seed=8)

    # When they are made again, then they are the same, and no kind is missing
    assert plans == kinds.plans(300, seed=8)
    assert plans != kinds.plans(300, seed=9)
    assert Counter(plan.kind for plan in plans).keys() == set(kinds.KINDS)
    assert len({plan.job_id for plan in plans}) == 300


def test_a_plan_ends_where_its_commands_lead() -> None:
    """One attempt more for each redrive that has to be accepted."""
    # Given many plans, when their ends are counted, then there is one for each attempt
    for plan in kinds.plans(2000, seed=1):
        opened = {order.of for order in plan.orders if order.opens}
        assert opened == set(range(1, len(plan.ends))), plan
        assert all(end.status == "FAILED" for end in plan.ends[:-1]), plan


@pytest.mark.parametrize("place", ["before", "running", "waiting"])
def test_a_job_more_can_be_made_for_each_place_of_a_cancel(place: str) -> None:
    """Where chance met none, more are made until one is; none is a job that there was."""
    # Given the numbers that follow those of a run, when two are made
    first, second = (kinds.cancelled(place, number, seed=8) for number in (300, 301))

    # Then each has its own id, and a cancel that comes when the job is there
    assert (first.job_id, second.job_id) == (f"00300-cancelled-{place}", f"00301-cancelled-{place}")
    assert all(
        When[place.upper()] in {order.when for order in plan.orders} for plan in (first, second)
    )


def test_a_script_is_found_by_stage_and_attempt() -> None:
    """What is not said is well; the last script goes for all attempts above."""
    # Given a plan of two stages
    plan = "p1=transient*2;p2=permanent,sleep.0.5"

    # When it is asked what they do, then each says so
    assert script_of(plan, "p1", 3) == "transient*2"
    assert [script_of(plan, "p2", attempt) for attempt in (1, 2, 3)] == [
        "permanent",
        "sleep.0.5",
        "sleep.0.5",
    ]
    assert script_of("", "p1", 1) == script_of(plan, "p3", 1) == "ok"


def test_calls_are_counted_beyond_a_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By files, so a killed process takes no count with it."""
    # Given a folder of counts
    monkeypatch.setenv("PLAN_CALLS", str(tmp_path))

    # When calls are counted, then each key has its own number
    assert [count("job/1/p1"), count("job/1/p1"), count("job/2/p1")] == [1, 2, 1]


@pytest.mark.parametrize(
    ("told", "fitting"),
    [
        ({1: _GONE, 2: _DONE}, True),
        ({1: _GONE, 2: End("CANCELLED", "p1")}, True),
        ({1: _GONE}, False),
        ({2: _DONE}, False),
        ({1: _GONE, 2: _DONE, 3: _DONE}, False),
        ({1: End("CANCELLED", "p1")}, False),
        ({1: _DONE}, False),
        ({1: End("FAILED", "p1", "TransientError", 4), 2: _DONE}, False),
        ({}, False),
    ],
)
def test_ends_that_are_not_planned_are_found(told: dict[int, End], fitting: bool) -> None:  # noqa: FBT001 - a row
    """Too few or too many attempts, another end, another error, a cancel that nobody asked for."""
    # Given a job that is to fail, to be sent back and to complete, unless it is cancelled then

    # When it ended so, then it fits or it does not
    assert fits(_PLAN, told, "CANCELLED") is fitting


def test_answers_that_had_to_be_others_are_found() -> None:
    """None at all, or not the one that was due."""
    # Given a redrive that has to be accepted, one that must not, and one where it is open
    orders = {
        answer.name: (_PLAN, Order(RETRY, When.FAILED, 1, 1, "p1", answer)) for answer in Answer
    }

    # When they were answered so, then nothing is found
    right = {"ACCEPTED": [True, True], "REFUSED": [False], "EITHER": [False]}
    assert list(wrong_answers(orders, right)) == []

    # And when not, then each is
    assert len(list(wrong_answers(orders, {"ACCEPTED": [], "REFUSED": [True]}))) == 2
    assert len(list(wrong_answers(orders, {**right, "ACCEPTED": [False, True]}))) == 1

    # And only a repetition that comes when the job has moved on may be refused
    late = {**right, "ACCEPTED": [True, False]}
    assert len(list(wrong_answers(orders, late))) == 1
    on = replace(_PLAN, ends=(_GONE, _GONE, _DONE))
    orders = {name: (on, order) for name, (_, order) in orders.items()}
    assert list(wrong_answers(orders, late)) == []
