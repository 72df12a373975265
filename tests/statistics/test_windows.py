"""The keys of windows are places in rings."""

import pytest

from stagestatistics.windows import RESOLUTIONS, Resolution

_HOUR_MS = 3600 * 1000


@pytest.mark.parametrize(
    ("resolution", "kept_ms"), list(zip(RESOLUTIONS, (_HOUR_MS, 7 * 24 * _HOUR_MS), strict=True))
)
def test_a_key_is_used_again_when_its_window_is_too_old(
    resolution: Resolution, kept_ms: int
) -> None:
    """So no more keys exist than windows are kept, and nobody has to remove any."""
    # Given all windows of twice the time that they are kept
    starts = range(0, 2 * kept_ms, resolution.ms)

    # When their keys are made, then they come back after that time
    keys = [resolution.key("p1", start) for start in starts]
    assert len(set(keys)) == resolution.kept == len(starts) // 2
    assert keys[: resolution.kept] == keys[resolution.kept :]
