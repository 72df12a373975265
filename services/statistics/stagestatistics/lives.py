"""What is known of one life of an instance, and how a report changes it: pure, no Kafka.

A life is one record: its totals, and for each length of window the totals as they were when the
newest such window began. What was done in a window is the difference, and the differences of all
windows add up to the total, whatever was lost, came twice or is done again after a crash.
"""

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

from stagestatistics.windows import RESOLUTIONS, Resolution

Life: TypeAlias = dict[str, Any]
Report: TypeAlias = dict[str, Any]

#: What is counted by name, and in buckets.
NAMED: Final = ("outcomes", "errors")
BUCKETS: Final = ("stage_times", "job_times")
NOW: Final = ("waiting", "running", "oldest_ms")
#: A life that is first heard of later than this was at work while nobody summed: what it did before
#: is of no window.
_YOUNG_REPORTS: Final = 60
#: Longer than reports are kept: none that is read now belongs to a life that was forgotten.
FORGOTTEN_MS: Final = 2 * 3600 * 1000


def key_of(report: Report) -> bytes:
    """The key of the life that *report* is of."""
    return f"{report['stage']}/{report['life']}".encode()


def heard(life: Life | None, report: Report, at: int) -> Life | None:
    """The life once *report*, appended at *at* (ms), is taken in; None if it changes nothing."""
    before = life or _unknown(report)
    if report["number"] <= before["number"]:
        return None
    return {
        **{name: report[name] for name in ("stage", "life", "number", *NAMED, *BUCKETS, *NOW)},
        "heard_at": at,
        "windows": list(_windows(before, report, at)),
    }


def _unknown(report: Report) -> Life:
    """A life nobody has heard of: it has done nothing, or nothing that can be told when."""
    young = report["number"] <= _YOUNG_REPORTS
    nothing: Life = {**{name: {} for name in NAMED}, **{name: [] for name in BUCKETS}}
    done = nothing if young else {name: report[name] for name in nothing}
    return {**done, "number": 0 if young else report["number"] - 1, "heard_at": 0, "windows": []}


def _windows(before: Life, report: Report, at: int) -> Iterator[dict[str, Any]]:
    known = {window["resolution_ms"]: window for window in before["windows"]}
    for resolution in RESOLUTIONS:
        window = known.get(resolution.ms)
        start = resolution.start(at)
        if window is None or window["start"] < start:
            window = _begun(before, resolution, start)
        yield {**window, "paused": _also_paused(window["paused"], report)}


def _begun(before: Life, resolution: Resolution, start: int) -> dict[str, Any]:
    marked = {name: before[name] for name in ("number", *NAMED, *BUCKETS)}
    return {"resolution_ms": resolution.ms, "start": start, **marked, "paused": {}}


def _also_paused(paused: dict[str, int], report: Report) -> dict[str, int]:
    told = {pause["reason"] for pause in report["pauses"]}
    return {**paused, **{reason: paused.get(reason, 0) + 1 for reason in told}}
