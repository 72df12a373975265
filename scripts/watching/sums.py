"""The row about the statistics: whether what stages say of themselves is summed, and by whom."""

from typing import Final

from watching.panel import Panel, Query, Row, Unit

_WORKERS: Final = 'headway_ready{ALL,component="statistics"}'

SUMS: Final = Row(
    "Statistics",
    (
        Panel(
            "Reports summed a second",
            "Each instance of a stage says one a second. Known: read before, changes nothing. "
            "Alert: HeadwayStatisticsSilent.",
            Unit.PER_SECOND,
            (
                Query(
                    "sum by (outcome) (rate(headway_statistics_reports_total{ALL}[RATE]))",
                    "{{outcome}}",
                ),
            ),
            stacked=True,
        ),
        Panel(
            "Behind the stages",
            "How old the newest report was when it was summed, by worker; after a break it falls.",
            Unit.SECONDS,
            (
                # Every process has it, as it has all that has no label.
                Query(
                    "headway_statistics_behind_seconds{ALL} "
                    f"and on (namespace, release, instance) {_WORKERS}",
                    "{{pod}} {{instance}}",
                ),
            ),
        ),
        Panel(
            "Workers that sum",
            "1: in its group and reaches the brokers; its /readyz says why not.",
            Unit.COUNT,
            (Query(_WORKERS, "{{pod}} {{instance}}"),),
        ),
    ),
)
