"""Where a job can be watched: what every answer of the gateway names."""


def links(status_url: str, job_id: str, *, after: str = "") -> dict[str, str]:
    """Places of the status service; *after* lets a read wait until it has seen that position."""
    base = f"{status_url.rstrip('/')}/jobs/{job_id}"
    seen = f"?after={after}" if after else ""
    return {
        "job": f"{base}{seen}",
        "status": f"{base}/status{seen}",
        "events": f"{base}/events",
        "dashboard": f"{status_url.rstrip('/')}/#/jobs/{job_id}",
    }
