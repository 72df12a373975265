"""What a trace shows of a job on its way through one stage, and what goes on with its records."""

from itertools import pairwise
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, Sampler
from support.fake_kafka import errors
from support.kafka.payloads import given
from support.stages.script import Script
from support.stages.stage_rig import FakeCluster, InProcessStage, jobs
from support.tracing.memory import Finished, ids, parent, told

from headway.base.errors import PermanentError, StoreUnavailable
from headway.declared.handler import Context, Done, Job
from headway.edges import kafka
from headway.tracing.context import KEPT, TraceContext, extract, inject
from headway.tracing.sdk import SdkSpans

_CODE = kafka.KafkaError.INVALID_TXN_STATE
_PRODUCER = TraceContext(0xABC, 0xDEF, 1, "vendor=1")


def _give(
    cluster: FakeCluster, stage: str, job_id: str, context: TraceContext | None = _PRODUCER
) -> None:
    source = cluster.pipeline.stage(stage).source
    headers = inject(context) if context else None
    value = cluster.encoded(stage, job_id)
    cluster.write(source, job_id.encode(), value, headers=headers)


def _done(stage: InProcessStage, cluster: FakeCluster, count: int) -> None:
    stage.turn_until(lambda: cluster.committed(stage.name).get(0, (0, ""))[0] == count)
    stage.turn_until(lambda: not stage.runner.saying.waits)


def _carried(cluster: FakeCluster, topic: str) -> dict[str, TraceContext | None]:
    """The context that each record of a topic carries, by job."""
    found = [record for _, _, record in cluster.read(topic)]
    return {(record.key or b"").decode(): extract(record.headers or []) for record in found}


def test_a_record_is_received_processed_and_committed(
    cluster: FakeCluster, name: str, spans: SdkSpans, finished: Finished
) -> None:
    """Each span is the child of the one before; the output goes on from the commit."""
    # Given a job within a trace of its producer's
    stage = cluster.stage(name, spans=spans).start()
    _give(cluster, name, "job")

    # When it is done
    _done(stage, cluster, 1)

    # Then there are three spans in a row, of the producer's trace
    source, sink = cluster.pipeline.stage(name).source, cluster.pipeline.stage(name).sink
    assert finished.names == [f"{what} {source}" for what in ("receive", "process", "commit")]
    first, _, last = finished.spans
    assert {ids(span)[0] for span in finished.spans} == {_PRODUCER.trace_id}
    assert parent(first) == _PRODUCER.span_id
    assert [parent(b) == ids(a)[1] for a, b in pairwise(finished.spans)] == [True, True]
    assert (told(last)["headway.outcome"], told(last)["headway.frame.tasks"]) == ("done", 1)

    # And the output carries the trace on, with what systems pass on; states carry nothing
    output = _carried(cluster, sink)["job"]
    assert output == TraceContext(*ids(last), _PRODUCER.flags, _PRODUCER.state)
    assert all(not record.headers for _, _, record in cluster.read("job-state"))


def test_without_a_context_the_first_stage_begins_a_trace_and_no_other_does(
    cluster: FakeCluster, name: str, spans: SdkSpans, finished: Finished
) -> None:
    """A record without one, further on, is of a job that nobody sampled."""
    # Given a job of a producer that knows nothing of traces
    stage = cluster.stage(name, spans=spans).start()
    _give(cluster, name, "job", None)

    # When it is done, then it has a trace where jobs begin
    _done(stage, cluster, 1)
    begins = name == "p1"
    assert len(finished.spans) == (3 if begins else 0)
    assert (_carried(cluster, cluster.pipeline.stage(name).sink)["job"] is not None) is begins


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
    _done(stage, cluster, 1)
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
            _give(cluster, "p1", job_id, _PRODUCER if index % 2 else None)

        # When they are done
        _done(stage, cluster, 6)

        # Then nothing is recorded, and each output carries what its submission did
        assert finished.spans == []
        came = [None, _PRODUCER] * 3
        assert _carried(cluster, "jobs.p1-done") == dict(zip(everything, came, strict=True))


def test_what_its_beginner_does_not_sample_nobody_does(
    cluster: FakeCluster, name: str, spans: SdkSpans, finished: Finished
) -> None:
    """A trace is whole or not at all, and the decision goes along."""
    # Given a job of a trace that is not sampled
    context = _PRODUCER._replace(flags=0)
    stage = cluster.stage(name, spans=spans).start()
    _give(cluster, name, "job", context)

    # When it is done, then nothing is recorded, and its output says the same
    _done(stage, cluster, 1)
    assert finished.spans == []
    assert _carried(cluster, cluster.pipeline.stage(name).sink) == {"job": context}


def test_a_job_that_rests_in_its_order_is_one_row_of_spans(
    cluster: FakeCluster, name: str, spans: SdkSpans, finished: Finished
) -> None:
    """It is received once, processed as often as it is tried, and committed once."""
    # Given a job with an order that fails once
    how: dict[str, Any] = {"ordering": "key", "retry_tries": 1, "retry_delays": "0.01,0.1,0.1"}
    stage = cluster.stage(name, spans=spans, **how).start()
    stage.script.fail("job", StoreUnavailable("away"), times=2)
    source, value = cluster.pipeline.stage(name).source, given(name, "job", order_key="one")
    cluster.write(source, b"job", value, headers=inject(_PRODUCER))

    # When it is done
    _done(stage, cluster, 1)

    # Then so its trace shows it
    row = finished.spans
    assert [span.name.split()[0] for span in row] == ["receive", "process", "process", "commit"]
    assert all(parent(b) == ids(a)[1] for a, b in pairwise(row))
    assert finished.outcomes("job") == ["done"]


def test_outputs_keep_their_order_whether_they_carry_a_trace_or_not(
    cluster: FakeCluster, spans: SdkSpans
) -> None:
    """The next stage may do jobs in the order in which they lie."""
    # Given jobs for the second stage, of which only some are traced, in one frame
    stage = cluster.stage("p2", concurrency=1, spans=spans)
    everything = jobs(40)
    for index, job_id in enumerate(everything):
        _give(cluster, "p2", job_id, _PRODUCER if index % 3 == 1 else None)

    # When they are done one after another
    _done(stage.start(), cluster, 40)

    # Then their outputs lie in that order, and so do those with a trace among them
    keys = [(record.key or b"").decode() for _, _, record in cluster.read("jobs.p2-done")]
    assert keys == everything
    traced = [job_id for job_id, found in _carried(cluster, "jobs.p2-done").items() if found]
    assert traced == everything[1::3]


def test_a_frame_that_is_said_again_is_one_commit(
    cluster: FakeCluster, name: str, spans: SdkSpans, finished: Finished
) -> None:
    """It takes as long as it took until it was visible, and says how often it was aborted."""
    # Given a job whose frame is aborted twice, in a stage that has said something before
    stage = cluster.stage(name, spans=spans).start()
    _give(cluster, name, "before", TraceContext(1, 1, 0))
    _done(stage, cluster, 1)
    error = errors.abortable(_CODE)
    fault = cluster.broker.faults.fail("commit_transaction", error, times=2)
    _give(cluster, name, "job")

    # When it is done
    _done(stage, cluster, 2)

    # Then there is one commit, and the output is its child's
    assert fault.met == 2
    (commit,) = [span for span in finished.spans if span.name.startswith("commit")]
    assert told(commit)["headway.frame.aborted"] == 2
    carried = _carried(cluster, cluster.pipeline.stage(name).sink)["job"]
    assert carried is not None
    assert carried.span_id == ids(commit)[1]


def test_each_job_of_a_frame_has_its_commit_in_its_own_trace(
    cluster: FakeCluster, spans: SdkSpans, finished: Finished
) -> None:
    """A frame of many jobs is of no trace: it is told as how large it was."""
    # Given many jobs, each with a trace of its own, whose outcomes wait for the frame before
    stage = cluster.stage("p1", spans=spans).start()
    _give(cluster, "p1", "before")
    _done(stage, cluster, 1)
    hung = cluster.broker.faults.hang("commit_transaction")
    _give(cluster, "p1", "first")
    stage.turn_until(lambda: hung.met)
    everything = jobs(30)
    for number, job_id in enumerate(everything, 1):
        _give(cluster, "p1", job_id, TraceContext(number, number, 1))
    stage.turn_until(lambda: stage.script.ended.total() == 32 and not len(stage.runner.pool))

    # When they are said
    hung.release()
    _done(stage, cluster, 32)

    # Then each trace has the one commit of its job, which says that 30 were said at once
    for number, job_id in enumerate(everything, 1):
        commit = finished.of(job_id)[-1]
        assert ids(commit)[0] == number
        assert told(commit)["headway.frame.tasks"] == 30


def test_a_later_try_goes_on_below_the_commit_that_put_it_off(
    cluster: FakeCluster, name: str, spans: SdkSpans, finished: Finished
) -> None:
    """What the producer wrote stays as it is; where the trace goes on lies beside it."""
    # Given a job that fails once, and then is given up
    later: dict[str, Any] = {"retry_tries": 1, "retry_delays": "0.01,0.1,0.1"}
    stage = cluster.stage(name, spans=spans, **later).start()
    stage.script.fail("job", StoreUnavailable("away"))
    _give(cluster, name, "job")

    # When it is
    stage.turn_until(lambda: cluster.statuses().get("job") == "FAILED", cluster.statuses)
    stage.turn_until(lambda: not stage.runner.saying.waits)

    # Then one row of spans leads through the tier to the end
    assert finished.outcomes("job") == ["postponed", "failed"]
    assert len(finished.spans) == 6
    assert all(parent(b) == ids(a)[1] for a, b in pairwise(finished.spans))
    assert [len(s.events) for s in finished.spans if s.name.startswith("process")] == [2, 2]

    # And both records have the producer's header still, and one header of ours beside it
    for topic, commit in zip((f"{name}.retry.1", f"{name}.dlq"), finished.spans[2::3], strict=True):
        ((_, _, record),) = cluster.read(topic)
        headers = record.headers or []
        assert inject(_PRODUCER)[0] in headers
        assert [header for header, _ in headers].count(KEPT) == 1
        assert extract(headers) == TraceContext(*ids(commit), 1, _PRODUCER.state)


def test_what_no_handler_saw_is_shown_by_its_outcome(
    cluster: FakeCluster, spans: SdkSpans, finished: Finished
) -> None:
    """A duplicate and garbage are received and committed as what they are."""
    # Given a job, another submission of it, and a record that is none
    stage = cluster.stage("p1", spans=spans).start()
    _give(cluster, "p1", "job")
    _give(cluster, "p1", "job")
    cluster.write("jobs.submitted", b"bad", b"garbage", headers=inject(_PRODUCER))

    # When they are settled, then each shows what became of it
    _done(stage, cluster, 3)
    assert finished.outcomes("job") == ["done", "duplicate"]
    assert [span.name.split()[0] for span in finished.of("bad")] == ["receive", "commit"]
    assert finished.outcomes("bad") == ["failed"]


def test_work_that_did_not_count_has_no_commit(
    cluster: FakeCluster, name: str, spans: SdkSpans, finished: Finished
) -> None:
    """The owner that lost the partition shows what it did, its heir shows what is visible."""
    # Given a job at work in an instance that loses its partitions
    first = cluster.stage(name, "a", spans=spans).start()
    first.script.hold("job")
    _give(cluster, name, "job")
    first.turn_until(lambda: first.script.calls["job"])
    first.kill()

    # When an heir has done it, and the handler of the first has returned
    heir = cluster.stage(name, "b", spans=spans).start()
    _done(heir, cluster, 1)
    first.script.release()
    first.turn_until(lambda: not len(first.runner.pool))

    # Then it was processed twice, and committed once
    names = [span.name.split()[0] for span in finished.of("job")]
    assert sorted(names) == ["commit", "process", "process", "receive", "receive"]


def test_spans_of_a_handler_lie_inside_its_call(
    cluster: FakeCluster, spans: SdkSpans, finished: Finished, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a thread of the stage the call's span is the current one, and is none afterwards."""
    # Given a handler that looks which span is current
    stage = cluster.stage("p1", spans=spans).start()
    seen: list[tuple[int, int]] = []

    handle = Script.__call__

    def looking(script: Script, job: Job, context: Context) -> Done:
        current = trace.get_current_span().get_span_context()
        seen.append((current.trace_id, current.span_id))
        return handle(script, job, context)

    monkeypatch.setattr(Script, "__call__", looking)
    _give(cluster, "p1", "job")

    # When it is called, then it is that of its call
    _done(stage, cluster, 1)
    (process,) = [span for span in finished.spans if span.name.startswith("process")]
    assert seen == [ids(process)]


def test_a_failure_for_good_is_an_error_of_its_call_alone(
    cluster: FakeCluster, spans: SdkSpans, finished: Finished
) -> None:
    """The commit went well: what it committed is that the job failed."""
    # Given a job that its handler gives up
    stage = cluster.stage("p1", spans=spans).start()
    stage.script.fail("job", PermanentError("x" * 5000))
    _give(cluster, "p1", "job")

    # When it is, then the call has failed, in words that are bounded
    _done(stage, cluster, 1)
    received, process, commit = finished.spans
    assert told(process)["error.type"] == "PermanentError"
    assert 0 < len(process.status.description or "") <= 1000
    assert [span.status.is_ok for span in (received, process, commit)] == [True, False, True]
