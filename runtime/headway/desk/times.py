"""Times as people give them on a command line."""

import argparse
from datetime import UTC, datetime

from headway.base.clock import SystemClock
from headway.declared.backoff import seconds

_MS = 1000


def moment_of(text: str) -> int:
    """A time (ms): so long ago, as `2h`, `30 min`, `1d`; or ISO 8601, without a zone in UTC.

    Raises:
        argparse.ArgumentTypeError: it is neither.
    """
    try:
        return SystemClock().now_ms() - round(seconds(text) * _MS)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        words = f"{text!r} is no time: say 2h, 30 min, 1d or 2026-01-31T12:00:00Z"
        raise argparse.ArgumentTypeError(words) from None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * _MS)
