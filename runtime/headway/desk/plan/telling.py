"""A plan in words, and as JSON."""

from collections.abc import Iterator
from typing import Any

from headway.desk.plan.plan import Plan
from headway.planning.load import StageLoad
from headway.planning.simulation import Times
from headway.planning.sizing import HEADROOM

_SHARES = (0.5, 0.95, 0.99)


def words(plan: Plan) -> Iterator[str]:
    """Line by line."""
    load, first = plan.load, plan.first
    yield f"{_number(load.rate)} jobs/s{_burst(load.burst)} ({_number(load.rate * 3600)} an hour):"
    yield ""
    yield f"  {load.partitions:5,}  partitions"
    yield f"  {load.brokers:5,}  brokers{_brokers(plan)}"
    for stage in load.stages:
        words = f"replicas of {stage.name}, {_instance(stage)}; {_busy(plan, stage)}"
        yield f"  {stage.replicas:5,}  {words}"
    yield ""
    yield from _times(plan)
    if first.busy > 0:
        most = load.rate / first.busy
        yield (
            f"full first: {first.what}, at {most:,.0f} jobs/s ({1 / first.busy:.2f} times this "
            f"load); then {first.remedy}"
        )
    yield from _warnings(plan)


def _number(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:,.3g}"  # noqa: PLR2004 - three digits


def _burst(burst: int) -> str:
    return f", {burst:,} submitted at once" if burst > 1 else ""


def _brokers(plan: Plan) -> str:
    (share,) = [limit.busy for limit in plan.limits if limit.what == "brokers"]
    frames = f" with {plan.told.frames:,.0f} frames/s" if plan.told else ""
    return f", {share:.0%} busy{frames}"


def _instance(stage: StageLoad) -> str:
    cores = f"{stage.cores:g} cores and " if stage.cores else ""
    return f"{cores}{stage.concurrency} handlers each"


def _busy(plan: Plan, stage: StageLoad) -> str:
    return f"the busiest {stage.busiest(plan.load.rate, plan.load.partitions):.0%} busy"


def _times(plan: Plan) -> Iterator[str]:
    if plan.told is None:
        return
    yield "".join([" " * 20, *(f"{f'p{share * 100:g}':>10}" for share in _SHARES)])
    yield _row("submitted to end", plan.told.whole)
    for stage, times in zip(plan.load.stages, plan.told.stages, strict=True):
        yield _row(f"  in {stage.name}", times)
    yield ""
    yield f"{plan.told.jobs:,} jobs simulated: {plan.told.seconds:,.1f} s of this load"


def _row(title: str, times: Times) -> str:
    return "".join([f"  {title:<18}", *(f"{_span(times.share(share)):>10}" for share in _SHARES)])


def _span(seconds: float) -> str:
    """To three digits: more would be false."""
    if seconds < 1:
        return f"{1000 * seconds:.3g} ms"
    return f"{seconds:.3g} s" if seconds < 100 else f"{seconds:,.0f} s"  # noqa: PLR2004 - as above


def _warnings(plan: Plan) -> Iterator[str]:
    first, goal = plan.first, plan.goal
    if first.busy >= 1:
        growing = plan.load.rate * (1 - 1 / first.busy)
        yield (
            f"TOO MUCH: {first.what} are asked for {first.busy:.0%} of what they can do; "
            f"the backlog grows by {growing:,.0f} jobs/s without end"
        )
    elif first.busy > HEADROOM + 1e-9:
        yield f"little headroom: above {HEADROOM:.0%} a peak or a lost instance fills queues"
    if goal and plan.told and not plan.kept:
        yield _missed(plan, goal.share, goal.seconds)


def _missed(plan: Plan, share: float, seconds: float) -> str:
    name = f"p{100 * share:g}"
    if plan.least > seconds:
        return (
            f"NOT IN TIME: {name} is {_span(plan.least)} where nobody waits, by the handlers' own "
            f"times: {_span(seconds)} is out of reach"
        )
    return f"NOT IN TIME: {name} is above {_span(seconds)}, and nothing that may grow helps"


def document(plan: Plan) -> dict[str, Any]:
    """The same for machines; times in seconds."""
    load, told = plan.load, plan.told
    return {
        "rate": load.rate,
        "partitions": load.partitions,
        "brokers": load.brokers,
        "stages": [
            {
                "name": stage.name,
                "replicas": stage.replicas,
                "concurrency": stage.concurrency,
                "busiest": stage.busiest(load.rate, load.partitions),
                "seconds": _shares(told.stages[index]) if told else None,
            }
            for index, stage in enumerate(load.stages)
        ],
        "seconds": _shares(told.whole) if told else None,
        "frames": told.frames if told else None,
        "limits": [{"what": one.what, "busy": one.busy} for one in plan.limits],
        "full_first": plan.first.what,
        "most_rate": load.rate / plan.first.busy,
        "holds": plan.first.busy < 1,
        "kept": plan.kept,
    }


def _shares(times: Times) -> dict[str, float]:
    return {f"p{share * 100:g}": times.share(share) for share in _SHARES}
