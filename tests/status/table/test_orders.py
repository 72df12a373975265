"""The topics read in any order: replicas agree, and nothing falls."""

import random
from typing import Any

import pytest
from support.status.rows import QUEUED, RUNNING, WAITING, report

from status.table.draft import Draft, Write
from status.table.merge import Report
from status.table.row import Row, rank_of


@pytest.mark.parametrize("seed", range(40))
def test_any_order_among_the_topics_ends_at_the_same_row(seed: int) -> None:
    """Only the order within a topic counts; so replicas agree, live or rebuilt."""
    # Given the records of a job's life, and a second submission of it
    rng = random.Random(seed)
    states, reports = a_life(rng)
    submissions = [QUEUED, QUEUED._replace(submitted_at=1007)]

    # When the topics are read in thirty orders, and once with only the last state left
    ends = [read_in_any_order(rng, submissions, states, reports)[-1] for _ in range(30)]
    compacted = read_in_any_order(rng, submissions, states[-1:], reports)[-1]

    # Then the row is the same in the end
    assert set(ends) == {compacted}


@pytest.mark.parametrize("seed", range(40))
def test_whatever_the_order_of_the_topics_no_percent_ever_falls(seed: int) -> None:
    """Not when a stage starts over, not when it ends, not when it fails."""
    # Given the records of a job's life
    rng = random.Random(seed)
    states, reports = a_life(rng)

    # When the topics are read in some order
    shown = read_in_any_order(rng, [QUEUED], states, reports)

    # Then what is shown never falls
    assert [row.progress for row in shown] == sorted(row.progress for row in shown)


def a_life(rng: random.Random) -> tuple[list[Row], list[Report]]:
    """The states of a job that may start over and may fail, and what was reported of it."""
    states: list[Row] = []
    reports: list[Report] = []
    for stage, low in ((1, 30), (2, 70)):
        reached = low
        for _ in range(rng.choice((1, 1, 2))):
            states.append(state(stage, 0, f"PROCESS_{stage}_RUNNING", low, len(states)))
            for _ in range(rng.randrange(4)):
                percent = low + rng.randrange(20)
                reached = max(reached, percent)
                reports.append(report(stage, percent))
        if rng.random() < 0.3:
            failed = state(stage, 1, "FAILED", reached, len(states))
            states.append(failed._replace(rank=rank_of(1, stage, 1, final=True)))
            break
        states.append(state(stage, 1, f"PROCESS_{stage}_DONE", low + 20, len(states)))
    # It may still be on its way.
    states = states[: rng.randint(1, len(states))]
    return states, [report for report in reports if report.rank <= states[-1].rank]


def state(stage: int, step: int, status: str, progress: int, number: int) -> Row:
    """The row of one record of job-state."""
    return RUNNING._replace(
        rank=rank_of(1, stage, step), status=status, progress=progress, origin=10 + number
    )


def read_in_any_order(
    rng: random.Random, submissions: list[Row], states: list[Row], reports: list[Report]
) -> list[Row]:
    """The rows that are shown batch after batch, each topic in its own order."""
    topics: list[list[Any]] = [list(submissions), list(states), list(reports)]
    row: Row | None = None
    early: list[Report] = []
    shown: list[Row] = []
    while any(topics):
        parts = [[topic.pop(0) for _ in range(rng.randint(0, len(topic)))] for topic in topics]
        draft = Draft({"j": row} if row else {}, early, waiting=WAITING)
        draft.submissions(parts[0])
        draft.states(parts[1])
        draft.reports(parts[2])
        for moved in (r for write in Write for r in draft.written(write)):
            row = moved
            shown.append(moved)
        jobs, kept = draft.early()
        early = kept if jobs else early
    return shown
