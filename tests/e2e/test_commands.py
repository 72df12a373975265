"""A job that failed is retried by HTTP and from a desk, through the whole product."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest
from support.kafka.cluster import Cluster
from support.processes import Service
from support.product import Product
from support.waiting import DEADLINE_SECONDS, wait_until

pytestmark = [pytest.mark.broker, pytest.mark.e2e]


def test_a_failed_job_is_retried_by_whoever_asks_and_an_older_command_changes_nothing(
    cluster: Cluster, start: Callable[..., Service]
) -> None:
    """Each command opens one attempt in the stage that gave the job up; attempts are told."""
    # Given a job that p1 gave up
    product = Product(start)
    job_id = product.upload("ragged.csv", b"a,b\n1,2\n3\n").json()["job_id"]
    assert product.wait_for_end(job_id)["attempt"] == 1

    # When it is retried by a button, which says no more than the job
    answer = httpx.post(f"{product.gateway}/jobs/{job_id}/retry", timeout=DEADLINE_SECONDS)
    assert answer.status_code == httpx.codes.ACCEPTED, answer.text
    _wait_for_failure(product, job_id, attempt=2)

    # And from a desk by its dead letter, and once more by a command for the first attempt
    redrive = ("dead-letters", "redrive", "--job", job_id, "--permanent", "--yes")
    assert "1 dead letter to retry" in _headway(cluster, *redrive)
    _wait_for_failure(product, job_id, attempt=3)

    # And in bulk: a filter takes nothing that failed for good, a choice takes what was chosen
    filtered = _retry_many(product, {"stage": "p1", "since": "2020-01-01T00:00:00Z"})
    assert (filtered["matched"], filtered["commanded"]) == (0, 0)
    assert _retry_many(product, {"job_ids": [job_id]})["commanded"] == 1
    _wait_for_failure(product, job_id, attempt=4)
    _headway(cluster, "retry", job_id, "--attempt", "1", "--stage", "p1")

    # Then the last one is answered by a refusal, and the fourth attempt stays the last
    wait_until(lambda: _refusals(cluster, job_id))
    job = product.job(job_id)
    assert (job["status"], job["attempt"]) == ("FAILED", 4)
    assert {step["attempt"] for step in job["timeline"]} == {1, 2, 3, 4}
    assert [step["status"] for step in job["timeline"]].count("FAILED") == 4


def _retry_many(product: Product, filter_: Mapping[str, object]) -> dict[str, Any]:
    """What a page of retries is answered, once status has read its letters."""
    url = f"{product.gateway}/jobs/retry"

    def answered() -> httpx.Response | None:
        answer = httpx.post(url, json={"filter": filter_}, timeout=DEADLINE_SECONDS)
        return answer if answer.is_success else None

    answer: dict[str, Any] = wait_until(answered).json()
    return answer


def _wait_for_failure(product: Product, job_id: str, *, attempt: int) -> None:
    def failed() -> bool:
        job = product.job(job_id)
        return bool((job["attempt"], job["status"]) == (attempt, "FAILED"))

    wait_until(failed, lambda: product.job(job_id))


def _refusals(cluster: Cluster, job_id: str) -> list[Mapping[str, Any]]:
    results = cluster.decoded("command-results")
    return [one for one in results if one["job_id"] == job_id and not one["accepted"]]


def _headway(cluster: Cluster, *arguments: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-m", "headway", *arguments],
        env=os.environ | cluster.environment(),
        capture_output=True,
        check=False,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout
