"""The rows about services: status and who watches, the gateway, Kafka as they see it."""

from typing import Final

from watching.panel import Panel, Query, Row, Unit, or_none

#: Every process has these, as it has all that has no label; only status means something by them.
_STATUS_ONLY: Final = 'and on (namespace, release, instance) headway_ready{ALL,component="status"}'

STATUS: Final = Row(
    "Status and watchers",
    (
        Panel(
            "Not read yet",
            "Records between a replica and the topics' ends. Alert: HeadwayStatusBehind.",
            Unit.COUNT,
            (Query(f"headway_status_lag{{ALL}} {_STATUS_ONLY}", "{{pod}} {{instance}}"),),
        ),
        Panel(
            "Read a second",
            "By topic, of all replicas.",
            Unit.PER_SECOND,
            (Query("sum by (topic) (rate(headway_materialized_total{ALL}[RATE]))", "{{topic}}"),),
        ),
        Panel(
            "Watchers by replica",
            "Connected readers of events.",
            Unit.COUNT,
            (Query(f"headway_sse_clients{{ALL}} {_STATUS_ONLY}", "{{pod}} {{instance}}"),),
        ),
        Panel(
            "Events a second",
            "Handed to watchers, and watchers dropped for reading too slowly; those come back.",
            Unit.PER_SECOND,
            (
                Query("sum(rate(headway_sse_events_total{ALL}[RATE]))", "events"),
                Query("sum(rate(headway_sse_dropped_total{ALL}[RATE]))", "dropped"),
            ),
        ),
        Panel(
            "Copies out of sync",
            "Partitions by topic. Alert: HeadwayUnderReplicated.",
            Unit.COUNT,
            (
                Query(
                    "max by (topic) (headway_under_replicated_partitions{ALL})",
                    "{{topic}}",
                ),
            ),
        ),
        Panel(
            "Hidden by a hanging transaction",
            "Records by partition. Alert: HeadwayHangingTransaction.",
            Unit.COUNT,
            (
                Query(
                    or_none("max by (topic, partition) (headway_unstable_records{ALL})", "topic"),
                    "{{topic}} {{partition}}",
                ),
            ),
        ),
    ),
)

GATEWAY: Final = Row(
    "Gateway and instances",
    (
        Panel(
            "Submissions a second",
            "Accepted, replayed (an Idempotency-Key that was known), refused.",
            Unit.PER_SECOND,
            (
                Query(
                    "sum by (outcome) (rate(headway_submissions_total{ALL}[RATE]))", "{{outcome}}"
                ),
            ),
        ),
        Panel(
            "Commands a second",
            "Retries and cancels over HTTP.",
            Unit.PER_SECOND,
            (
                Query(
                    "sum by (kind, outcome) (rate(headway_commands_total{ALL}[RATE]))",
                    "{{kind}} {{outcome}}",
                ),
            ),
        ),
        Panel(
            "Connections",
            "Open ones, of gateways and of status.",
            Unit.COUNT,
            (
                Query(
                    """headway_connections{ALL} and on (namespace, release, instance)
                    headway_ready{ALL,component=~"gateway|status"}""",
                    "{{pod}} {{instance}}",
                ),
            ),
        ),
        Panel(
            "Connections cut",
            "By reason, since the last look.",
            Unit.COUNT,
            (
                Query(
                    or_none(
                        "sum by (reason) (increase(headway_connections_cut_total{ALL}[RATE]))",
                        "reason",
                    ),
                    "{{reason}}",
                ),
            ),
        ),
        Panel(
            "Ready instances",
            "By what they are; a stage takes its time to take partitions over.",
            Unit.COUNT,
            (Query("sum by (component) (headway_ready{ALL})", "{{component}}"),),
        ),
        Panel(
            "Worker processes ended",
            "Before their stage, by reason, since the last look.",
            Unit.COUNT,
            (
                Query(
                    or_none(
                        "sum by (reason) (increase(headway_workers_ended_total{STAGE}[RATE]))",
                        "reason",
                    ),
                    "{{reason}}",
                ),
            ),
        ),
    ),
)
