"""Every metric of the product, in one table; a name that is not here is a type error."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

#: Seconds; a no-op takes microseconds, a 100 MB file a minute.
_HANDLER_BUCKETS: Final = (0.001, 0.005, 0.02, 0.05, 0.1, 0.5, 1, 5, 20, 60, 300)
#: Seconds; an idle transaction costs about 5 ms, one that waits for a back-off 100.
_FRAME_BUCKETS: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5, 30)
#: Seconds; the loop wakes up for what is due, so most are milliseconds.
_LATENESS_BUCKETS: Final = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60)

# Counter: source records a stage has settled, by what became of them
# (done, duplicate, failed, postponed, cancelled, abandoned), and commands (redriven, answered: done
# before, or refused with a reason; ignored: another stage's).
RECORDS: Final = Counter("headway_records", "Source records settled", ["stage", "outcome"])
# Counter: handler calls repeated in place after a transient error.
RETRIES: Final = Counter("headway_handler_retries", "Handler calls repeated", ["stage"])
# Histogram: how much later than due a record began that was to be tried again.
RETRY_LATENESS: Final = Histogram(
    "headway_retry_lateness_seconds",
    "Begun after it was due",
    ["stage"],
    buckets=_LATENESS_BUCKETS,
)
# Counter: parts of given-up records too large for a dead letter, by whether the object store took
# them (stored, missing).
CLAIMS: Final = Counter("headway_claims", "Parts too large for a letter", ["stage", "outcome"])
# Counter: batches passed over because no client inflates them.
UNREADABLE_BATCHES: Final = Counter(
    "headway_unreadable_batches", "Batches that cannot be inflated", ["stage"]
)
# Histogram: time of one handler call.
HANDLER_SECONDS: Final = Histogram(
    "headway_handler_seconds", "One handler call", ["stage"], buckets=_HANDLER_BUCKETS
)
# Counter: worker processes ended before their stage, by why (crashed, timed_out, abandoned,
# cancelled, broken, idle: it died without a job, not_started).
WORKERS_ENDED: Final = Counter(
    "headway_workers_ended", "Worker processes ended", ["stage", "reason"]
)
# Counter: frames by how they ended (committed, aborted, fatal).
FRAMES: Final = Counter("headway_frames", "Frames ended", ["stage", "outcome"])
# Histogram: time from a frame's begin to its commit.
FRAME_SECONDS: Final = Histogram(
    "headway_frame_seconds", "One frame, begin to commit", ["stage"], buckets=_FRAME_BUCKETS
)
# Gauge: jobs taken and neither committed nor lost: what the buffer's bounds count.
IN_FLIGHT: Final = Gauge("headway_in_flight", "Jobs taken and not yet committed", ["stage"])
# Gauge: 1 for each reason that holds a partition of this instance.
PAUSED: Final = Gauge(
    "headway_paused", "Reasons that hold a partition", ["topic", "partition", "reason"]
)
# Gauge: whether the breaker of a dependency is open: 1 open, 0.5 half-open, 0 closed.
BREAKER_OPEN: Final = Gauge("headway_breaker_open", "A breaker is open", ["stage", "dependency"])
# Counter: how often the breaker of a dependency opened; a trial that fails is no further opening.
BREAKER_OPENINGS: Final = Counter(
    "headway_breaker_openings", "Openings of a breaker", ["stage", "dependency"]
)
# Gauge: whether a stage waits because of too many dead letters: 1 it waits, 0.5 it tries a few, 0.
FAILURE_LIMIT_REACHED: Final = Gauge(
    "headway_failure_limit_reached", "Too many dead letters", ["stage"]
)
# Gauge: partitions of its source that this instance owns.
PARTITIONS: Final = Gauge("headway_partitions", "Partitions owned", ["stage"])
# Gauge: offsets between the committed low watermark and the newest record polled.
WATERMARK_SPAN: Final = Gauge(
    "headway_watermark_span", "Offsets between low watermark and newest polled", ["stage"]
)
# Counter: partitions whose log was found to be another one than was committed: taken over anew.
OFFSETS_RESET: Final = Counter(
    "headway_offsets_reset", "Partitions taken over anew, their offsets went back", ["topic"]
)
# Counter: submissions at the gateway by outcome (accepted, replayed, refused).
SUBMISSIONS: Final = Counter("headway_submissions", "Submissions answered", ["outcome"])
# Counter: commands at the gateway by kind (retry, cancel) and by outcome (accepted, replayed,
# refused).
COMMANDS: Final = Counter("headway_commands", "Commands answered", ["kind", "outcome"])
# Gauge: HTTP connections open.
CONNECTIONS: Final = Gauge("headway_connections", "HTTP connections open")
# Counter: HTTP connections cut, by reason: head (its request never came or never ended), crowded
# (it waited longest when there were too many), full (even the reserve for health was used up),
# unread (its client took nothing of the answer).
CONNECTIONS_CUT: Final = Counter("headway_connections_cut", "HTTP connections cut", ["reason"])
# Counter: records read by the status service, by logical topic.
MATERIALIZED: Final = Counter("headway_materialized", "Records materialized", ["topic"])
# Counter: records the status service could not read and left out, by logical topic.
UNREADABLE: Final = Counter(
    "headway_status_unreadable", "Records left out as unreadable", ["topic"]
)
# Gauge: records between the materialized offsets and the end of the topics.
STATUS_LAG: Final = Gauge("headway_status_lag", "Records not yet materialized")
# Gauge: connected SSE clients.
SSE_CLIENTS: Final = Gauge("headway_sse_clients", "Connected SSE clients")
# Counter: events handed to SSE clients.
SSE_EVENTS: Final = Counter("headway_sse_events", "Events handed to SSE clients")
# Counter: SSE clients dropped because they read too slowly.
SSE_DROPPED: Final = Counter("headway_sse_dropped", "SSE clients dropped for reading too slowly")
# Gauge: records that a transaction without end hides, of partitions whose last stable offset
# stands still; there is no sample of a partition that is well.
UNSTABLE: Final = Gauge(
    "headway_unstable_records", "Records behind a hanging transaction", ["topic", "partition"]
)
