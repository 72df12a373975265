"""Traces through real processes, to a collector that reads what the exporter sends."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.kafka.cluster import Cluster
from support.processes import Service, free_port
from support.tracing.collector import Collector, Seen, collecting, outline
from support.waiting import DEADLINE_SECONDS, wait_until

pytestmark = [pytest.mark.broker, pytest.mark.e2e]

_TRACE, _SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
#: Of a job whose first try in p1 fails.
_TREE = [
    "gateway: POST /generate-file",
    "  gateway: send jobs.submitted",
    "    p1: receive jobs.submitted",
    "      p1: process jobs.submitted",
    "        p1: commit jobs.submitted postponed",
    "          p1: receive p1.retry.1",
    "            p1: process p1.retry.1",
    "              p1: commit p1.retry.1 done",
    "                p2: receive jobs.p1-done",
    "                  p2: process jobs.p1-done",
    "                    p2: commit jobs.p1-done done",
]


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as made:
        yield made


@pytest.fixture
def gateway(
    start: Callable[..., Service], collector: Collector, tmp_path: Path
) -> Iterator[httpx.Client]:
    """A gateway and both stages, whose handlers do what titles say, in processes of their own."""
    port, calls = free_port(), tmp_path / "calls"
    calls.mkdir()
    start("gateway", http_port=port, **collector.environment)
    told = {"isolated": 1, "concurrency": 1, "plan_calls": calls, **collector.environment}
    for stage in ("p1", "p2"):
        start(f"support.stages.scripted_stage {stage}", **told)
    url = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=url, timeout=DEADLINE_SECONDS) as client:
        wait_until(lambda: _is_ready(client))
        yield client


def test_one_trace_goes_from_the_clients_post_to_completed_over_a_later_try(
    gateway: httpx.Client, collector: Collector, cluster: Cluster
) -> None:
    """Each hop is the child of the one before, in processes and workers that share only headers."""
    # Given a job whose first try in p1 fails, submitted within a trace of its client's
    job_id = _submitted(gateway, "plan:p1=transient*3")

    # When it is completed
    cluster.wait_for_states([job_id], "COMPLETED")
    trace = collector.wait_for(job_id, lambda t: _commits(t) == ["postponed", "done", "done"])

    # Then there is one trace, which begins in the client's span
    assert {span.trace_id for span in trace} == {_TRACE}
    assert trace[0].parent_id == _SPAN
    named = [line.replace(cluster.prefix, "") for line in outline(trace)]
    assert named == _TREE

    # And the spans say what the conventions have for them
    first = next(span for span in trace if span.name.startswith("process"))
    assert (first.kind, first.failed, first.events) == ("CONSUMER", True, ("exception",) * 3)
    assert _messaging(first) == {
        "messaging.system": "kafka",
        "messaging.destination.name": cluster.catalog["jobs.submitted"].name,
        "messaging.destination.partition.id": first.attributes[
            "messaging.destination.partition.id"
        ],
        "messaging.kafka.offset": 0,
        "messaging.consumer.group.name": f"{cluster.prefix}p1",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
    }
    assert [span.kind for span in trace[:3]] == ["SERVER", "PRODUCER", "CLIENT"]


def test_a_job_that_is_sent_back_goes_on_in_its_own_trace(
    gateway: httpx.Client, collector: Collector, cluster: Cluster
) -> None:
    """Its dead letter has carried it; the command is a trace of its own."""
    # Given a job that p1 gave up
    job_id = _submitted(gateway, "plan:p1=permanent,ok")
    cluster.wait_for_states([job_id], "FAILED")

    # When it is sent back by a command, and is completed
    named = {"attempt": 1, "stage": "p1"}
    answer = gateway.post(f"/jobs/{job_id}/retry", json=named)
    assert answer.status_code == httpx.codes.ACCEPTED, answer.text
    cluster.wait_for_states([job_id], "COMPLETED")

    # Then its second attempt hangs below the commit that gave the first one up
    trace = collector.wait_for(job_id, lambda t: _commits(t).count("done") == 2)
    own = outline([span for span in trace if span.trace_id == _TRACE])
    told = [line.replace(cluster.prefix, "").strip() for line in own]
    assert told[4:7] == [
        "p1: commit jobs.submitted failed",
        "p1: receive p1.retry.1",
        "p1: process p1.retry.1",
    ]
    assert told[-1] == "p2: commit jobs.p1-done done"

    # And what was commanded is told where it was asked for
    command = outline([span for span in trace if span.trace_id != _TRACE])
    assert [line.replace(cluster.prefix, "").strip() for line in command] == [
        "gateway: POST /jobs/{job_id}/retry",
        "gateway: send job-commands",
        "p1: receive job-commands",
        "p1: commit job-commands redriven",
    ]


def _submitted(gateway: httpx.Client, title: str) -> str:
    answer = gateway.post(
        "/generate-file",
        json={"title": title, "content": "a,b\n1,2\n"},
        headers={"traceparent": f"00-{_TRACE}-{_SPAN}-01"},
    )
    assert answer.status_code == httpx.codes.ACCEPTED, answer.text
    return str(answer.json()["job_id"])


def _commits(trace: list[Seen]) -> list[Any]:
    return [s.attributes["headway.outcome"] for s in trace if s.name.startswith("commit")]


def _messaging(span: Seen) -> dict[str, Any]:
    return {name: v for name, v in span.attributes.items() if name.startswith("messaging.")}


def _is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").is_success
    except httpx.TransportError:
        return False
