"""Jobs that have gone some way, as states tell it."""

from support.status.records import START_MS, a_step
from support.status.topics import Log


def ended(log: Log, job_id: str, ran_ms: int = 2000) -> None:
    """A job that ran for so long in the first stage and for 3 s in the second."""
    names = ("QUEUED", "PROCESS_1_RUNNING", "PROCESS_1_DONE", "PROCESS_2_RUNNING", "COMPLETED")
    moments = (0, 100, 100 + ran_ms, 200 + ran_ms, 3200 + ran_ms)
    steps = [a_step(name, START_MS + ms) for name, ms in zip(names, moments, strict=True)]
    log.state(job_id, "COMPLETED", timeline=steps)


def goes_on(log: Log, job_id: str, ran_ms: int) -> None:
    """A job that ran for so long in the first stage, and runs in the second."""
    names = ("QUEUED", "PROCESS_1_RUNNING", "PROCESS_1_DONE", "PROCESS_2_RUNNING")
    moments = (0, 100, 100 + ran_ms, 200 + ran_ms)
    steps = [a_step(name, START_MS + ms) for name, ms in zip(names, moments, strict=True)]
    log.state(job_id, "PROCESS_2_RUNNING", timeline=steps)
