"""The rows about the work itself: how long it takes, and the frames that tell of it."""

from typing import Final

from watching.panel import Panel, Query, Row, Unit, quantiles

LATENCY: Final = Row(
    "How long it takes",
    (
        Panel(
            "Submission to end",
            "Of jobs that were completed: what their users wait, later tries included.",
            Unit.SECONDS,
            quantiles("headway_job_seconds", 'STAGE,outcome="completed"'),
        ),
        Panel(
            "Through a stage",
            "From a stage's topic to the commit: waiting, working and later tries.",
            Unit.SECONDS,
            quantiles("headway_stage_seconds", "STAGE", by="stage"),
        ),
        Panel(
            "One call of the handler",
            "The work alone.",
            Unit.SECONDS,
            quantiles("headway_handler_seconds", "STAGE", by="stage"),
        ),
    ),
)

FRAMES: Final = Row(
    "Frames",
    (
        Panel(
            "Time of a frame",
            "Begin to commit. Brokers in trouble are seen here first.",
            Unit.SECONDS,
            quantiles("headway_frame_seconds", "STAGE"),
            width=6,
        ),
        Panel(
            "Size of a frame",
            "Records and commands settled; it grows by itself under load.",
            Unit.COUNT,
            quantiles("headway_frame_records", "STAGE"),
            width=6,
        ),
        Panel(
            "Frames a second",
            "By how they ended. Alert: HeadwayFramesAborted.",
            Unit.PER_SECOND,
            (Query("sum by (outcome) (rate(headway_frames_total{STAGE}[RATE]))", "{{outcome}}"),),
            width=6,
        ),
        Panel(
            "Behind the oldest undone",
            "Offsets from the low watermark to the newest record. At 20,000 a partition is held.",
            Unit.COUNT,
            (Query("max by (stage) (headway_watermark_span{STAGE})", "{{stage}}"),),
            width=6,
        ),
    ),
)
