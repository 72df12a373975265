"""The first row: what a glance is for."""

from typing import Final

from headway.declared.pipeline import Pipeline
from watching.panel import Kind, Panel, Query, Row, Unit, of_status

_PIPELINE: Final = Pipeline.load()
#: Statuses of jobs that are over; there are ever more of them, and who looks is not after them.
_OVER: Final = "|".join([_PIPELINE.steps[-1], _PIPELINE.failed, _PIPELINE.cancelled])

NOW: Final = Row(
    "The pipeline now",
    (
        Panel(
            "Waiting",
            "Jobs that wait for a stage, all stages together.",
            Unit.COUNT,
            (Query(f"sum({of_status('headway_queue_depth')})", "jobs"),),
            kind=Kind.NUMBER,
            width=4,
        ),
        Panel(
            "Longest wait",
            "Of the job that waits longest. Alert: HeadwayOldestJobTooOld.",
            Unit.SECONDS,
            (Query("max(headway_oldest_waiting_seconds{STAGE})", "wait"),),
            kind=Kind.NUMBER,
            width=4,
        ),
        Panel(
            "Ended a second",
            "Jobs that were completed, failed or cancelled.",
            Unit.PER_SECOND,
            (Query("sum(rate(headway_job_seconds_count{STAGE}[RATE]))", "jobs"),),
            kind=Kind.NUMBER,
            width=4,
        ),
        Panel(
            "Dead letters",
            "All that are kept. What matters is whether more come: see below.",
            Unit.COUNT,
            (Query(f"sum({of_status('headway_dead_letters')})", "letters"),),
            kind=Kind.NUMBER,
            width=4,
        ),
        Panel(
            "Watchers",
            "Connected readers of events.",
            Unit.COUNT,
            (Query("sum(headway_sse_clients{ALL})", "watchers"),),
            kind=Kind.NUMBER,
            width=4,
        ),
        Panel(
            "Firing alerts",
            "Each has a runbook.",
            Unit.COUNT,
            (
                Query(
                    """count(ALERTS{ALL,alertname=~"Headway.*",alertstate="firing"})
                    or vector(0)""",
                    "alerts",
                ),
            ),
            kind=Kind.NUMBER,
            width=4,
        ),
        Panel(
            "Waiting by stage",
            "A queue that grows for half an hour is the alert HeadwayBacklogGrowing.",
            Unit.COUNT,
            (Query(of_status("headway_queue_depth"), "{{stage}}"),),
        ),
        Panel(
            "Longest wait by stage",
            "How long the job has waited that waits longest.",
            Unit.SECONDS,
            (Query("max by (stage) (headway_oldest_waiting_seconds{STAGE})", "{{stage}}"),),
        ),
        Panel(
            "Done a second by stage",
            "What each stage is through with. All stages alike: nothing piles up.",
            Unit.PER_SECOND,
            (
                Query(
                    """sum by (stage)
                    (rate(headway_records_total{STAGE,outcome="done"}[RATE]))""",
                    "{{stage}}",
                ),
            ),
        ),
        Panel(
            "At work by stage",
            "Running, as their users see it; in flight: taken and not yet committed.",
            Unit.COUNT,
            (
                Query(of_status("headway_running_jobs"), "{{stage}} running"),
                Query("sum by (stage) (headway_in_flight{STAGE})", "{{stage}} in flight"),
            ),
        ),
        Panel(
            "Jobs under way by status",
            "All that are not over, as their users see them.",
            Unit.COUNT,
            (
                Query(
                    "sum by (status) (max by (namespace, release, status) "
                    f'(headway_jobs{{ALL,status!~"{_OVER}"}}))',
                    "{{status}}",
                ),
            ),
            width=16,
            stacked=True,
        ),
    ),
)
