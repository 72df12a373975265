#!/usr/bin/env python
"""Submits a small file to gateway, and waits until status says COMPLETED.

    python submit.py http://gateway http://status 120

For `helm test`: the exit code is 0 once the job has ended well; each state is told as it comes.
"""

import sys
import time
from typing import Any, Final
from uuid import uuid4

import httpx

_FILE: Final = {"title": "helm-test.csv", "content": "day,count\n2024-01-01,3\n2024-01-02,5\n"}
_PAUSE_SECONDS: Final = 0.5


def main(gateway: str, status: str, seconds: float) -> str | None:
    """What went wrong; None if nothing did."""
    deadline = time.monotonic() + seconds
    # So that a request that is sent again makes no second job.
    key = {"Idempotency-Key": str(uuid4())}
    with httpx.Client(timeout=20) as client:
        job_id, told, job = "", "", dict[str, Any]()
        while time.monotonic() < deadline:
            if not job_id:
                taken = _answer(client, "POST", f"{gateway}/generate-file", json=_FILE, headers=key)
                job_id = taken.get("job_id", "")
                told = _tell(told, f"submitted {job_id}" if job_id else str(taken))
            else:
                job = _answer(client, "GET", f"{status}/jobs/{job_id}")
                told = _tell(told, str(job.get("status") or job))
            if job.get("terminal"):
                return None if job["status"] == "COMPLETED" else str(job.get("error"))
            time.sleep(_PAUSE_SECONDS)
    return f"not COMPLETED within {seconds:g} s; the last that was heard: {told}"


def _answer(client: httpx.Client, method: str, url: str, **more: Any) -> dict[str, Any]:
    """What the service says; for anything but an answer of its own, that."""
    try:
        answer = client.request(method, url, **more)
        told: dict[str, Any] = answer.json()
    except (httpx.TransportError, ValueError) as error:
        return {"detail": f"{url}: {error!r}"}
    return told if answer.is_success else {"detail": told}


def _tell(before: str, now: str) -> str:
    if now != before:
        sys.stdout.write(f"{now}\n")
        sys.stdout.flush()
    return now


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
