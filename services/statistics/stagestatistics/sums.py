"""What a stage did in one window, summed over lives: pure, no Kafka."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any, Final

from stagestatistics.lives import BUCKETS, NAMED, NOW, Life
from stagestatistics.windows import Resolution

#: An instance that has said nothing for this long while others did has ended: what waits for it is
#: what others have taken over.
_SILENT_MS: Final = 3000
#: Classes of errors over all instances; each tells twenty apart.
_MOST_NAMES: Final = 50
_OTHER: Final = "other"


def summed(stage: str, resolution: Resolution, start: int, lives: Iterable[Life]) -> dict[str, Any]:
    """The statistics of *stage* for the window that begins at *start*."""
    lives = tuple(lives)
    parts = [
        (life, window)
        for life in lives
        for window in life["windows"]
        if (window["resolution_ms"], window["start"]) == (resolution.ms, start)
    ]
    now = _heard_last(lives)
    ages = [life["oldest_ms"] for life in now if life["oldest_ms"] is not None]
    return {
        "stage": stage,
        "resolution_ms": resolution.ms,
        "start": start,
        "reports": sum(life["number"] - window["number"] for life, window in parts),
        **{
            name: _named(_risen(life[name], window[name]) for life, window in parts)
            for name in NAMED
        },
        **{
            name: _added(_grown(life[name], window[name]) for life, window in parts)
            for name in BUCKETS
        },
        "paused": _named(window["paused"] for _, window in parts),
        "instances": len(now),
        **{name: sum(life[name] for life in now) for name in NOW[:2]},
        "oldest_ms": max(ages, default=None),
    }


def _heard_last(lives: Sequence[Life]) -> list[Life]:
    newest = max((life["heard_at"] for life in lives), default=0)
    return [life for life in lives if newest - life["heard_at"] < _SILENT_MS]


def _risen(total: Mapping[str, int], before: Mapping[str, int]) -> dict[str, int]:
    rises = {name: count - before.get(name, 0) for name, count in total.items()}
    return {name: rise for name, rise in rises.items() if rise > 0}


def _named(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Those that count most, and the rest as one: handlers name errors as they like."""
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    if len(total) <= _MOST_NAMES:
        return dict(total)
    most = dict(total.most_common(_MOST_NAMES))
    most[_OTHER] = most.get(_OTHER, 0) + total.total() - sum(most.values())
    return most


def _grown(total: Sequence[int], before: Sequence[int]) -> list[int]:
    return [now - then for now, then in zip_longest(total, before, fillvalue=0)]


def _added(parts: Iterable[Sequence[int]]) -> list[int]:
    return [sum(column) for column in zip_longest(*parts, fillvalue=0)]
