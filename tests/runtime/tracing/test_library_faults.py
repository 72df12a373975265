"""A sampler or a processor that raises costs a span, not a job."""

from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, Sampler, SamplingResult
from support.stages.stage_rig import FakeCluster

from headway.tracing.context import TraceContext, extract, inject
from headway.tracing.sdk import SdkSpans


class Broken(Sampler, SpanProcessor):
    """Whatever it is asked, it raises."""

    def should_sample(self, *_: Any, **__: Any) -> SamplingResult:
        raise RuntimeError("a sampler of somebody's")

    def get_description(self) -> str:
        return "broken"

    def on_end(self, span: ReadableSpan) -> None:
        del span
        raise RuntimeError("a processor of somebody's")


@pytest.mark.parametrize("sampler", [Broken(), ALWAYS_ON], ids=["sampler", "processor"])
def test_what_the_library_raises_costs_no_job(cluster: FakeCluster, sampler: Sampler) -> None:
    """It is done and handed on, and so is its trace."""
    # Given a stage whose spans are made by what raises
    provider = TracerProvider(sampler, shutdown_on_exit=False)
    provider.add_span_processor(Broken())
    stage = cluster.stage("p1", spans=SdkSpans(provider)).start()

    # When there is a job to do
    context = TraceContext(1, 2, 1)
    value = cluster.encoded("p1", "job")
    cluster.write("jobs.submitted", b"job", value, headers=inject(context))
    stage.turn_until(lambda: cluster.committed("p1").get(0, (0, ""))[0] == 1)

    # Then it is done, and its output is of the same trace
    ((_, _, record),) = cluster.read("jobs.p1-done")
    carried = extract(record.headers or [])
    assert carried is not None
    assert carried.trace_id == context.trace_id
