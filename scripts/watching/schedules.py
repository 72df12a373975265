"""The row about what is done at a time: what waits for it, and whether it is done then."""

from typing import Final

from watching.panel import Panel, Query, Row, Unit, of_status, or_none, quantiles

SCHEDULES: Final = Row(
    "Schedules",
    (
        Panel(
            "Held jobs by stage",
            "Until their own time, or until the window of their stage opens.",
            Unit.COUNT,
            (Query(of_status("headway_jobs_held"), "{{stage}}"),),
        ),
        Panel(
            "Waiting under rules",
            "What the scheduler has planned, by rule.",
            Unit.COUNT,
            (Query("sum by (rule) (headway_schedule_pending{ALL})", "{{rule}}"),),
            stacked=True,
        ),
        Panel(
            "Done by rules a second",
            "Commands, jobs, openings and closings, on their way.",
            Unit.PER_SECOND,
            (
                Query(
                    "sum by (rule, effect) (rate(headway_schedule_effects_total{ALL}[RATE]))",
                    "{{rule}} {{effect}}",
                ),
            ),
        ),
        Panel(
            "Later than due, by rules",
            "How much later than due things were done. A change of hands takes seconds.",
            Unit.SECONDS,
            quantiles("headway_schedule_lateness_seconds", "ALL"),
        ),
        Panel(
            "Due and not done",
            "Alerts: HeadwayScheduleOverdue, HeadwayWindowNotOpen.",
            Unit.SECONDS,
            (
                Query("max by (rule) (headway_schedule_overdue_seconds{ALL})", "{{rule}}"),
                Query(
                    or_none("max by (stage) (headway_window_overdue_seconds{ALL})", "stage"),
                    "window of {{stage}}",
                ),
            ),
        ),
        Panel(
            "Runs under way",
            "Records before each walk over the jobs. Alert: HeadwayRunStandsStill.",
            Unit.COUNT,
            (Query(or_none("max by (rule) (headway_schedule_run_left{ALL})", "rule"), "{{rule}}"),),
        ),
    ),
)
