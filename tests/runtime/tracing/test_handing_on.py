"""The context that goes on with a record: its own, none, or one that nobody samples."""

import pytest
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, Sampler
from support.stages.stage_rig import FakeCluster, jobs
from support.tracing.giving import PRODUCER, carried, done, give
from support.tracing.memory import Finished, parent

from headway.edges import kafka
from headway.tracing.sdk import SdkSpans


def test_without_a_context_the_first_stage_begins_a_trace_and_no_other_does(
    cluster: FakeCluster, name: str, spans: SdkSpans, finished: Finished
) -> None:
    """A record without one, further on, is of a job that nobody sampled."""
    # Given a job of a producer that knows nothing of traces
    stage = cluster.stage(name, spans=spans).start()
    give(cluster, name, "job", None)

    # When it is done, then it has a trace where jobs begin
    done(stage, cluster, 1)
    begins = name == "p1"
    assert len(finished.spans) == (3 if begins else 0)
    assert (carried(cluster, cluster.pipeline.stage(name).sink)["job"] is not None) is begins


@pytest.mark.parametrize(
    "headers", [[("traceparent", b"garbage")], [("traceparent", None)], [("tracestate", b"a=1")]]
)
def test_a_malformed_context_costs_a_job_nothing(
    cluster: FakeCluster, headers: kafka.Headers, spans: SdkSpans, finished: Finished
) -> None:
    """It is done as any other, in a trace of its own."""
    # Given a job whose headers say nonsense
    stage = cluster.stage("p1", spans=spans).start()
    cluster.write("jobs.submitted", b"job", cluster.encoded("p1", "job"), headers=headers)

    # When it is done, then it is done, and traced
    done(stage, cluster, 1)
    assert cluster.outputs("p1") == {"job": 1}
    assert parent(finished.spans[0]) == 0


class TestUnsampled:
    """With a sampler that takes nothing."""

    @pytest.fixture
    def sampler(self) -> Sampler:
        return ALWAYS_OFF

    def test_what_nobody_samples_is_handed_on_as_it_came_and_a_job_without_goes_without(
        self, cluster: FakeCluster, spans: SdkSpans, finished: Finished
    ) -> None:
        """Whoever comes later decides for the same trace; nothing is added where nothing was."""
        # Given jobs with a context and without, in turns
        stage = cluster.stage("p1", spans=spans).start()
        everything = jobs(6)
        for index, job_id in enumerate(everything):
            give(cluster, "p1", job_id, PRODUCER if index % 2 else None)

        # When they are done
        done(stage, cluster, 6)

        # Then nothing is recorded, and each output carries what its submission did
        assert finished.spans == []
        came = [None, PRODUCER] * 3
        assert carried(cluster, "jobs.p1-done") == dict(zip(everything, came, strict=True))


def test_what_its_beginner_does_not_sample_nobody_does(
    cluster: FakeCluster, name: str, spans: SdkSpans, finished: Finished
) -> None:
    """A trace is whole or not at all, and the decision goes along."""
    # Given a job of a trace that is not sampled
    context = PRODUCER._replace(flags=0)
    stage = cluster.stage(name, spans=spans).start()
    give(cluster, name, "job", context)

    # When it is done, then nothing is recorded, and its output says the same
    done(stage, cluster, 1)
    assert finished.spans == []
    assert carried(cluster, cluster.pipeline.stage(name).sink) == {"job": context}


def test_outputs_keep_their_order_whether_they_carry_a_trace_or_not(
    cluster: FakeCluster, spans: SdkSpans
) -> None:
    """The next stage may do jobs in the order in which they lie."""
    # Given jobs for the second stage, of which only some are traced, in one frame
    stage = cluster.stage("p2", concurrency=1, spans=spans)
    everything = jobs(40)
    for index, job_id in enumerate(everything):
        give(cluster, "p2", job_id, PRODUCER if index % 3 == 1 else None)

    # When they are done one after another
    done(stage.start(), cluster, 40)

    # Then their outputs lie in that order, and so do those with a trace among them
    keys = [(record.key or b"").decode() for _, _, record in cluster.read("jobs.p2-done")]
    assert keys == everything
    traced = [job_id for job_id, found in carried(cluster, "jobs.p2-done").items() if found]
    assert traced == everything[1::3]
