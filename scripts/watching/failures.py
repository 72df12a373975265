"""The row about what does not go as it should, and what waits because of it."""

from typing import Final

from watching.panel import Panel, Query, Row, Unit, of_status, or_none, quantiles

FAILURES: Final = Row(
    "Failures, and what waits",
    (
        Panel(
            "What becomes of jobs",
            "Records that stages have settled, a second; what failed is a dead letter.",
            Unit.PER_SECOND,
            (
                Query(
                    "sum by (outcome) (rate(headway_records_total{STAGE}[RATE]))",
                    "{{outcome}}",
                ),
            ),
            stacked=True,
        ),
        Panel(
            "Dead letters by stage",
            "Kept for 30 days. Alert: HeadwayDeadLetters, when more come.",
            Unit.COUNT,
            (Query(of_status("headway_dead_letters"), "{{stage}}"),),
        ),
        Panel(
            "Later tries",
            "Jobs that wait to be tried again, and calls repeated at once.",
            Unit.COUNT,
            (
                Query(of_status("headway_retries_pending"), "{{stage}} waiting"),
                Query(
                    "sum by (stage) (increase(headway_handler_retries_total{STAGE}[RATE]))",
                    "{{stage}} repeated in place",
                ),
            ),
        ),
        Panel(
            "Later than due",
            "How much later than due tries began, and how long the earliest is due by now.",
            Unit.SECONDS,
            (
                *quantiles("headway_retry_lateness_seconds", "STAGE"),
                Query(
                    "max by (stage) (headway_retry_overdue_seconds{STAGE})",
                    "{{stage}} overdue",
                ),
            ),
        ),
        Panel(
            "Held partitions by reason",
            "What pauses partitions just now; a breaker's reason names what is away.",
            Unit.COUNT,
            (Query(or_none("sum by (reason) (headway_paused{ALL})", "reason"), "{{reason}}"),),
        ),
        Panel(
            "Breakers and failure limits",
            "1 open or reached, 0.5 tried, 0 well. Alerts: HeadwayBreakerOpen, "
            "HeadwayFailureLimitReached.",
            Unit.COUNT,
            (
                Query(
                    "max by (stage, dependency) (headway_breaker_open{STAGE})",
                    "{{stage}}: {{dependency}}",
                ),
                Query(
                    "max by (stage) (headway_failure_limit_reached{STAGE})",
                    "{{stage}}: too many dead letters",
                ),
            ),
        ),
    ),
)
