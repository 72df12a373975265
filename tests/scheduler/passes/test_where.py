"""Which jobs a pass is for."""

from typing import Any

import pytest
from support.kafka.messages import SUBMITTED_AT
from support.scheduling.states import failed, job, state

from headway.declared.pipeline import Pipeline
from scheduler.declared.fields import Fields
from scheduler.passes.where import Where

_HOUR = 3_600_000
_NOW = SUBMITTED_AT + 5 * _HOUR
_FAILED = failed(stage="p2", tags=["vip", "x"], title="week.csv")


def _takes(value: dict[str, Any], **declared: Any) -> bool:
    faults: list[str] = []
    where = Where.of(Fields("rule", declared, faults), Pipeline.load())
    assert faults == []
    return where.takes(job(value), _NOW)


@pytest.mark.parametrize(
    ("declared", "taken"),
    [
        ({}, True),
        ({"status": "FAILED"}, True),
        ({"status": ["COMPLETED", "CANCELLED"]}, False),
        ({"stage": ["p1", "p2"]}, True),
        ({"stage": "p1"}, False),
        ({"error": ["TimedOut", "StoreUnavailable"]}, True),
        ({"error": "TimedOut"}, False),
        ({"tag": "vip"}, True),
        ({"tag": ["a", "b"]}, False),
        ({"title": "*.csv"}, True),
        ({"title": "*.xlsx"}, False),
        ({"older": "5 h", "younger": "5 h"}, True),
        ({"older": "6 h"}, False),
        ({"younger": "4 h"}, False),
    ],
    ids=str,
)
def test_all_that_is_said_has_to_hold(declared: dict[str, Any], *, taken: bool) -> None:
    """Of what lists several, one."""
    # Given a job that failed five hours ago, when it is looked at, then it is meant or not
    assert _takes(_FAILED, **declared) is taken


def test_a_job_that_is_not_over_is_never_meant() -> None:
    """Whatever was said."""
    # Given a job at work, when it is looked at without any condition, then it is not meant
    assert not _takes(state(status="PROCESS_1_RUNNING"))
