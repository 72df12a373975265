"""A rule of the schedules: how it stands in each lane, and what that comes to in all."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from headway.base.words import bounded
from headway.wire.codec import Codec

_RECORD: Final = "schedule-rule"
_MOST_NAME_CHARACTERS: Final = 200
_MOST_SENTENCE_CHARACTERS: Final = 1000


class Run(NamedTuple):
    """A walk over jobs; of several lanes the offsets are sums. Times in ms."""

    started_at: int
    run_id: str
    dry: bool
    by: str
    position: int
    end: int
    matched: int
    sent: int
    finished_at: int | None

    @property
    def over(self) -> bool:
        return self.finished_at is not None


class Rule(NamedTuple):
    """How a rule stands, in one lane or in all of them. Times in ms."""

    rule: str
    kind: str
    stage: str
    about: str
    paused: bool
    paused_by: str
    next_at: int | None
    last_at: int | None
    pending: int
    done: int
    run: Run | None
    updated_at: int


def rule_in(codec: Codec, data: bytes) -> Rule:
    """What the record says of a rule in its lane.

    Raises:
        DecodeError: it is no such record.
    """
    value = codec.decode(data, _RECORD)
    for name in ("rule", "kind", "stage", "paused_by"):
        value[name] = bounded(value[name], _MOST_NAME_CHARACTERS)
    value["about"] = bounded(value["about"], _MOST_SENTENCE_CHARACTERS)
    run = value["run"]
    return Rule(**value | {"run": run and _run_in(run)})


def summed(lanes: Iterable[Rule]) -> Rule:
    """One rule as it stands in all *lanes*, at least one.

    It is paused once it is in every lane, and a run is over once it is in every lane that has
    heard of the rule. The newest run is told.
    """
    told = sorted(lanes, key=lambda lane: lane.updated_at)
    last = told[-1]
    pausers = (lane.paused_by for lane in reversed(told) if lane.paused_by)
    return last._replace(
        paused=all(lane.paused for lane in told),
        paused_by=next(pausers, "") if all(lane.paused for lane in told) else "",
        next_at=min((lane.next_at for lane in told if lane.next_at is not None), default=None),
        last_at=max((lane.last_at for lane in told if lane.last_at is not None), default=None),
        pending=sum(lane.pending for lane in told),
        done=sum(lane.done for lane in told),
        run=_run_of([lane.run for lane in told]),
    )


def _run_in(value: dict[str, Any]) -> Run:
    names = {name: bounded(value[name], _MOST_NAME_CHARACTERS) for name in ("run_id", "by")}
    return Run(**value | names)


def _run_of(lanes: list[Run | None]) -> Run | None:
    runs = [run for run in lanes if run is not None]
    if not runs:
        return None
    newest = max(runs, key=lambda run: (run.started_at, run.run_id))
    mine = [run for run in runs if run.run_id == newest.run_id]
    ends = [run.finished_at for run in mine if run.finished_at is not None]
    return newest._replace(
        started_at=min(run.started_at for run in mine),
        position=sum(run.position for run in mine),
        end=sum(run.end for run in mine),
        matched=sum(run.matched for run in mine),
        sent=sum(run.sent for run in mine),
        # A lane that still tells of another run, or of none, has not begun this one.
        finished_at=max(ends) if len(ends) == len(lanes) else None,
    )
