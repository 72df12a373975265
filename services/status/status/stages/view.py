"""The pipeline as JSON."""

from collections.abc import Iterable, Mapping

from status.answers.views import JsonObject
from status.pauses.board import Pause, shown
from status.stages.queues import Queue, Queues


def pipeline(
    found: Queues,
    *,
    letters: Mapping[str, int] | None,
    rates: Mapping[str, float] | None,
    pauses: Iterable[Pause],
    now_ms: int,
) -> JsonObject:
    """How the stages stand; *letters* and *rates* are by stage, None where they are not known."""
    pauses = tuple(pauses)
    stages = [
        {
            **_queue(queue, now_ms),
            "dead_letters": None if letters is None else letters.get(queue.stage, 0),
            "done_per_second": None if rates is None else round(rates.get(queue.stage, 0.0), 3),
            **shown(tuple(pause for pause in pauses if pause.stage == queue.stage)),
        }
        for queue in found.stages
    ]
    return {"stages": stages, "jobs": found.jobs, "position": str(found.position)}


def _queue(queue: Queue, now_ms: int) -> JsonObject:
    return {
        "name": queue.stage,
        "label": queue.label,
        "waiting": queue.waiting,
        "oldest_waiting_seconds": queue.oldest_seconds(now_ms),
        "running": queue.running,
        "retries_pending": queue.retries_pending,
        "held": queue.held,
        "retry_overdue_seconds": queue.overdue_seconds(now_ms),
    }
