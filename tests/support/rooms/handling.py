"""What tests of handling share: a usual result, and what is said of one that failed."""

from collections.abc import Callable
from typing import Any

from headway.declared.handler import Done, Handler
from headway.declared.retry import RetryPolicy
from headway.handling.usual import Handling
from headway.outcomes.failed import Failed
from headway.taking.task import Outcome, Task
from headway.wire.carried import CarriedRecords
from headway.wire.codec import Codec
from headway.wire.route import Origin

PROFILED = Done({"profile": {"key": "k", "size_bytes": 1}, "rows": 1, "columns": 2})
AT_ONCE = RetryPolicy(calls=3, first_seconds=0.0, longest_seconds=0.0)
ORIGIN = Origin("p1", "p1")
CARRIED = CarriedRecords(Codec())

#: The years 0 and 10000, which no calendar has.
TOO_EARLY, TOO_LATE = -62_135_596_800_001, 253_402_300_800_000

#: What handles tasks of the first stage with the handler given, and how often it is called.
Execution = Callable[..., Handling]
#: What runs a handler on one task.
Run = Callable[[Handler, Task], Outcome]


def error_of(failed: Failed, *, topic: str = "p1.dlq", offset: int = 1) -> dict[str, Any]:
    """As the transaction says it."""
    return {
        "stage": "p1",
        "error_class": failed.error_class,
        "message": failed.message,
        "retry_available": failed.retry_available,
        "dead_letter": {"topic": topic, "partition": 2, "offset": offset},
    }
