"""A histogram that takes a frame's values at once: one by one they cost five times as much."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection

import prometheus_client


class Histogram(prometheus_client.Histogram):
    """What the client has, and `observe_all`; a test holds that both come to the same."""

    def observe_all(self, values: Collection[float]) -> None:
        """As `observe` of each of *values*."""
        if not values:
            return
        bounds = self._upper_bounds
        for bucket, count in Counter([bisect_left(bounds, value) for value in values]).items():
            self._buckets[bucket].inc(count)
        self._sum.inc(sum(values))
