"""Every metric of the product, in one table; a name that is not here is a type error."""

from typing import Final

from prometheus_client import Counter, Gauge

from headway.observing.histogram import Histogram

#: Seconds; a no-op takes microseconds, a 100 MB file a minute.
_HANDLER_BUCKETS: Final = (0.001, 0.005, 0.02, 0.05, 0.1, 0.5, 1, 5, 20, 60, 300)
#: Seconds; an idle transaction costs about 5 ms, one that waits for a back-off 100.
_FRAME_BUCKETS: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5, 30)
#: Seconds; the loop wakes up for what is due, so most are milliseconds.
_LATENESS_BUCKETS: Final = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60)
#: Seconds; an idle pipeline is through in 50 ms, and a job that is tried again may take an hour.
_JOB_BUCKETS: Final = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14400)
#: Seconds; as of a job, from a single hop on.
_STAGE_BUCKETS: Final = (0.02, *_JOB_BUCKETS)
#: Jobs; as many as a stage's batch has.
_BATCH_BUCKETS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500)
#: Records; a frame may only say that jobs run, idle it is of one, and 5,000 are the most.
_FRAME_RECORDS_BUCKETS: Final = (0, 1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000)

# Gauge: 1 if `/readyz` says ready, 0 if not, by what the process is (gateway, status, a stage's
# name).
READY: Final = Gauge("headway_ready", "Ready for work", ["component"])
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
# Histogram: jobs in one call of a handler that takes many. The call takes the same time for each of
# them, and is observed for each that is done.
BATCH_JOBS: Final = Histogram(
    "headway_batch_jobs", "Jobs of one call", ["stage"], buckets=_BATCH_BUCKETS
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
# Histogram: source records and commands that a committed frame has settled.
FRAME_RECORDS: Final = Histogram(
    "headway_frame_records", "Records of a frame", ["stage"], buckets=_FRAME_RECORDS_BUCKETS
)
# Histogram: time from the timestamp of a job's record in the stage's source to the commit of the
# stage's end of it, well or not: waiting, working and later tries. A job that was sent back counts
# from then; one that is cancelled while it waits to be tried again does not count.
STAGE_SECONDS: Final = Histogram(
    "headway_stage_seconds", "From a stage's topic to its end", ["stage"], buckets=_STAGE_BUCKETS
)
# Histogram: time from the submission of a job to the commit of its end, observed by the stage that
# ends it (completed, failed, cancelled). A job that was sent back counts from then.
JOB_SECONDS: Final = Histogram(
    "headway_job_seconds", "Submission to end", ["stage", "outcome"], buckets=_JOB_BUCKETS
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
# Gauge: jobs that the indexes of this instance know, some 110 bytes each with the key: those of the
# last DUPLICATES_DAYS, forgotten ones with them.
JOBS_REMEMBERED: Final = Gauge("headway_jobs_remembered", "Jobs in the index", ["stage"])
# Counter: partitions whose log was found to be another one than was committed: taken over anew.
OFFSETS_RESET: Final = Counter(
    "headway_offsets_reset", "Partitions taken over anew, their offsets went back", ["topic"]
)
# Counter: submissions at the gateway by outcome (accepted, replayed, refused).
SUBMISSIONS: Final = Counter("headway_submissions", "Submissions answered", ["outcome"])
# Counter: commands at the gateway by kind (retry, cancel, release, reprocess, forget; of a rule of
# the schedules `schedule pause` and so on) and by outcome (accepted, replayed, refused).
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
# Gauge: jobs by status, as this replica of status knows them. This and the next eight are of the
# whole pipeline: every replica says the same, so ask for `max by`. They have no sample while the
# replica is not ready: its table is being built, or Kafka does not answer.
JOBS: Final = Gauge("headway_jobs", "Jobs by status", ["status"])
# Gauge: jobs that wait for a stage to begin with them, held back or not.
QUEUE_DEPTH: Final = Gauge("headway_queue_depth", "Jobs that wait for a stage", ["stage"])
# Gauge: how long the job has waited that waits longest for a stage; 0 if none waits.
OLDEST_WAITING: Final = Gauge(
    "headway_oldest_waiting_seconds", "Age of the job that waits longest", ["stage"]
)
# Gauge: jobs that a stage has said to be running; one that takes less than 10 ms is never said to.
RUNNING_JOBS: Final = Gauge("headway_running_jobs", "Jobs that run in a stage", ["stage"])
# Gauge: jobs that wait to be tried again by a stage.
RETRIES_PENDING: Final = Gauge("headway_retries_pending", "Jobs to be tried again", ["stage"])
# Gauge: how long ago the earliest try was due that has not begun; 0 if none is overdue.
RETRY_OVERDUE: Final = Gauge(
    "headway_retry_overdue_seconds", "How long the earliest try is overdue", ["stage"]
)
# Gauge: jobs that a stage holds until their time, or its window, has come.
HELD_JOBS: Final = Gauge("headway_jobs_held", "Jobs held for their time", ["stage"])
# Gauge: dead letters of a stage that its topic still keeps. There is no sample before all of them
# were read.
DEAD_LETTERS: Final = Gauge("headway_dead_letters", "Dead letters on the shelf", ["stage"])
# Gauge: partitions of which not all replicas are in sync, by logical topic; 0 where all is well.
# There is no sample while the cluster does not answer.
UNDER_REPLICATED: Final = Gauge(
    "headway_under_replicated_partitions", "Partitions with replicas out of sync", ["topic"]
)
# Gauge: connected SSE clients.
SSE_CLIENTS: Final = Gauge("headway_sse_clients", "Connected SSE clients")
# Counter: events handed to SSE clients.
SSE_EVENTS: Final = Counter("headway_sse_events", "Events handed to SSE clients")
# Counter: SSE clients dropped because they read too slowly.
SSE_DROPPED: Final = Counter("headway_sse_dropped", "SSE clients dropped for reading too slowly")
# Counter: spans of traces by what became of them (ended: to be sent; sent; lost: the collector did
# not take them). What ended and is neither sent nor lost waits, or was dropped from a full queue.
SPANS: Final = Counter("headway_spans", "Spans of traces", ["outcome"])
# Gauge: records that a transaction without end hides, of partitions whose last stable offset
# stands still; there is no sample of a partition that is well.
UNSTABLE: Final = Gauge(
    "headway_unstable_records", "Records behind a hanging transaction", ["topic", "partition"]
)
# Histogram: how much later than due a rule of the scheduler did something; what falls into a change
# of hands is late by that.
SCHEDULE_LATENESS: Final = Histogram(
    "headway_schedule_lateness_seconds",
    "Done after it was due",
    ["rule"],
    buckets=_LATENESS_BUCKETS,
)
# Counter: what a rule of the scheduler has done, by what it is (a command's kind, submit, open,
# close): on its way into a transaction, so after a loss some of it is done again and counted again.
SCHEDULE_EFFECTS: Final = Counter(
    "headway_schedule_effects", "Commands and jobs of the scheduler", ["rule", "effect"]
)
# Gauge: what waits for its time in the lanes of this instance of the scheduler, by rule.
SCHEDULE_PENDING: Final = Gauge("headway_schedule_pending", "Items that wait", ["rule"])
# Gauge: lanes that this instance of the scheduler works on.
SCHEDULE_LANES: Final = Gauge("headway_schedule_lanes", "Lanes owned by the scheduler")
# Counter: reports of instances that the statistics have read, by what became of them (summed;
# known: it was read before; unreadable).
STATISTICS_REPORTS: Final = Counter(
    "headway_statistics_reports", "Reports of instances read", ["outcome"]
)
# Gauge: how old the newest report was when the statistics had summed it.
STATISTICS_BEHIND: Final = Gauge(
    "headway_statistics_behind_seconds", "Age of the newest report when it was summed"
)
# Gauge: how long ago what a rule of the scheduler is to do first was due, as status reads of it; 0
# if nothing is, or the rule is paused. Every replica of status tells this and the next two alike.
SCHEDULE_OVERDUE: Final = Gauge(
    "headway_schedule_overdue_seconds", "How long a rule is overdue", ["rule"]
)
# Gauge: how long ago the window of a stage should have opened that is closed in some lane; 0 if it
# is open, is not to be, or is paused.
WINDOW_OVERDUE: Final = Gauge(
    "headway_window_overdue_seconds", "How long a window is overdue", ["stage"]
)
# Gauge: records that the run of a rule over the jobs has before it; there is no sample without one.
SCHEDULE_RUN_LEFT: Final = Gauge("headway_schedule_run_left", "Records before a run", ["rule"])
