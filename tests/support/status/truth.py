"""What readers of events know of jobs, and what the topics say of them."""

from support.kafka.cluster import Cluster
from support.status.events.sse import Event
from support.status.service import StatusService


def newest_states(cluster: Cluster) -> dict[str, str]:
    """The status of each job by the topics alone: the last readable record of its key."""
    statuses = {(record.key or b"").decode(): "QUEUED" for record in cluster.read("jobs.submitted")}
    for record in cluster.read("job-state"):
        job_id = (record.key or b"").decode()
        if record.value is None:
            del statuses[job_id]
        elif record.value != b"garbage":
            value = cluster.codec.decode(record.value, "job-state")
            statuses[job_id] = value["status"]
    return statuses


def listed(service: StatusService) -> dict[str, str]:
    """What all pages of the list tell."""
    statuses: dict[str, str] = {}
    cursor = ""
    while True:
        page = service.get(f"/jobs?limit=200{cursor}").json()
        statuses |= {job["job_id"]: job["status"] for job in page["jobs"]}
        if page["next"] is None:
            return statuses
        cursor = f"&cursor={page['next']}"


def latest(events: list[Event]) -> dict[str, str]:
    """What a reader of events knows of each job."""
    known: dict[str, str] = {}
    for event in events:
        if event.event == "reset":
            known.clear()
        elif event.event == "gone":
            known.pop(event.json()["job_id"], None)
        else:
            known[event.json()["job_id"]] = event.json()["status"]
    return known


def went_back(events: list[Event]) -> list[str]:
    """Every event that is older than one before it."""
    best: dict[str, tuple[int, bool]] = {}
    faults = []
    for event in events:
        job = event.json()
        percent, over = best.get(job["job_id"], (0, False))
        if event.event == "gone":
            best[job["job_id"]] = (101, True)
            continue
        if job["progress"] < percent or (over and not job["terminal"]):
            faults.append(event.data)
        best[job["job_id"]] = (job["progress"], job["terminal"])
    return faults
