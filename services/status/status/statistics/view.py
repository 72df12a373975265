"""Windows as JSON."""

from collections.abc import Sequence
from typing import Any, Final

from headway.observing.buckets import quantile_ms
from status.answers.views import JsonObject, iso

_SHARES: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
#: A window that has just begun says little of a rate.
_LEAST_SECONDS: Final = 1.0


def window(value: dict[str, Any], now_ms: int) -> JsonObject:
    """One window; *now_ms* tells how much of it is over."""
    passed_ms = min(now_ms - value["start"], value["resolution_ms"])
    seconds = max(passed_ms / 1000, _LEAST_SECONDS)
    ended = sum(value["stage_times"])
    oldest_ms = value["oldest_ms"]
    return {
        "stage": value["stage"],
        "start": iso(value["start"]),
        "over": now_ms >= value["start"] + value["resolution_ms"],
        "ended": ended,
        "ended_per_second": round(ended / seconds, 3),
        "outcomes": value["outcomes"],
        "errors": value["errors"],
        "stage_seconds": _quantiles(value["stage_times"]),
        "job_seconds": _quantiles(value["job_times"]),
        "waiting": value["waiting"],
        "running": value["running"],
        "oldest_running_seconds": None if oldest_ms is None else oldest_ms / 1000,
        "paused": value["paused"],
        "instances": value["instances"],
    }


def _quantiles(counts: Sequence[int]) -> JsonObject | None:
    """None if nothing ended."""
    found = {name: quantile_ms(counts, share) for name, share in _SHARES.items()}
    told = {name: round(ms / 1000, 4) for name, ms in found.items() if ms is not None}
    return told or None
