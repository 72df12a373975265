"""A job as rows of the table, as far as it may come, and what is reported of it."""

from status.table.merge import Report
from status.table.row import GONE, Row, queued_rank, rank_of

#: The status of a job that waits to be tried again.
WAITING = "RETRY_SCHEDULED"
#: The status of a job that is held for its time.
HELD = "SCHEDULED"
#: The statuses of jobs that a stage will run, and does not yet.
WAITS = frozenset({WAITING, HELD})
QUEUED = Row("j", queued_rank(1), "QUEUED", 0, 1000, "data.csv", "", 1, None)
RUNNING = Row("j", rank_of(1, 1, 0), "PROCESS_1_RUNNING", 30, 1000, "data.csv", "", 2, b"r")
DONE = Row("j", rank_of(1, 1, 1), "PROCESS_1_DONE", 50, 1000, "data.csv", "", 3, b"d")
FAILED = Row("j", rank_of(1, 1, 1, final=True), "FAILED", 30, 1000, "data.csv", "", 3, b"f")
DELETED = Row("j", 0, GONE, 0, 2000, "", "", 4, None)


def report(stage: int, progress: int) -> Report:
    return Report("j", rank_of(1, stage, 0), progress, f"at {progress}")
