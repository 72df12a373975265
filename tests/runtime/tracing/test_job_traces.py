"""What a trace shows of a job on its way through one stage."""

from itertools import pairwise
from typing import Any

import pytest
from opentelemetry import trace
from support.fake_kafka import errors
from support.kafka.payloads import given
from support.stages.script import Script
from support.stages.stage_rig import FakeCluster, jobs
from support.tracing.giving import PRODUCER, carried, done, give
from support.tracing.memory import Finished, ids, parent, told

from headway.base.errors import PermanentError, StoreUnavailable
from headway.declared.handler import Context, Done, Job
from headway.edges import kafka
from headway.tracing.context import KEPT, TraceContext, extract, inject
from headway.tracing.sdk import SdkSpans

_CODE = kafka.KafkaError.INVALID_TXN_STATE


def test_a_record_is_received_processed_and_committed(
    cluster: FakeCluster, name: str, spans: SdkSpans, finished: Finished
) -> None:
    """Each span is the child of the one before; the output goes on from the commit."""
    # Given a job within a trace of its producer's
    stage = cluster.stage(name, spans=spans).start()
    give(cluster, name, "job")

    # When it is done
    done(stage, cluster, 1)

    # Then there are three spans in a row, of the producer's trace
    source, sink = cluster.pipeline.stage(name).source, cluster.pipeline.stage(name).sink
    assert finished.names == [f"{what} {source}" for what in ("receive", "process", "commit")]
    first, _, last = finished.spans
    assert {ids(span)[0] for span in finished.spans} == {PRODUCER.trace_id}
    assert parent(first) == PRODUCER.span_id
    assert [parent(b) == ids(a)[1] for a, b in pairwise(finished.spans)] == [True, True]
    assert [s.parent.is_remote for s in finished.spans if s.parent] == [True, False, False]
    assert (told(last)["headway.outcome"], told(last)["headway.frame.tasks"]) == ("done", 1)

    # And the output carries the trace on, with what systems pass on; states carry nothing
    output = carried(cluster, sink)["job"]
    assert output == TraceContext(*ids(last), PRODUCER.flags, PRODUCER.state)
    assert all(not record.headers for _, _, record in cluster.read("job-state"))


def test_a_job_that_rests_in_its_order_is_one_row_of_spans(
    cluster: FakeCluster, name: str, spans: SdkSpans, finished: Finished
) -> None:
    """It is received once, processed as often as it is tried, and committed once."""
    # Given a job with an order that fails once
    how: dict[str, Any] = {"ordering": "key", "retry_tries": 1, "retry_delays": "0.01,0.1,0.1"}
    stage = cluster.stage(name, spans=spans, **how).start()
    stage.script.fail("job", StoreUnavailable("away"), times=2)
    source, value = cluster.pipeline.stage(name).source, given(name, "job", order_key="one")
    cluster.write(source, b"job", value, headers=inject(PRODUCER))

    # When it is done
    done(stage, cluster, 1)

    # Then so its trace shows it
    row = finished.spans
    assert [span.name.split()[0] for span in row] == ["receive", "process", "process", "commit"]
    assert all(parent(b) == ids(a)[1] for a, b in pairwise(row))
    assert finished.outcomes("job") == ["done"]


def test_a_frame_that_is_said_again_is_one_commit(
    cluster: FakeCluster, name: str, spans: SdkSpans, finished: Finished
) -> None:
    """It takes as long as it took until it was visible, and says how often it was aborted."""
    # Given a job whose frame is aborted twice, in a stage that has said something before
    stage = cluster.stage(name, spans=spans).start()
    give(cluster, name, "before", TraceContext(1, 1, 0))
    done(stage, cluster, 1)
    error = errors.abortable(_CODE)
    fault = cluster.broker.faults.fail("commit_transaction", error, times=2)
    give(cluster, name, "job")

    # When it is done
    done(stage, cluster, 2)

    # Then there is one commit, and the output is its child's
    assert fault.met == 2
    (commit,) = [span for span in finished.spans if span.name.startswith("commit")]
    assert told(commit)["headway.frame.aborted"] == 2
    output = carried(cluster, cluster.pipeline.stage(name).sink)["job"]
    assert output is not None
    assert output.span_id == ids(commit)[1]


def test_each_job_of_a_frame_has_its_commit_in_its_own_trace(
    cluster: FakeCluster, spans: SdkSpans, finished: Finished
) -> None:
    """A frame of many jobs is of no trace: it is told as how large it was."""
    # Given many jobs, each with a trace of its own, whose outcomes wait for the frame before
    stage = cluster.stage("p1", spans=spans).start()
    give(cluster, "p1", "before")
    done(stage, cluster, 1)
    hung = cluster.broker.faults.hang("commit_transaction")
    give(cluster, "p1", "first")
    stage.turn_until(lambda: hung.met)
    everything = jobs(30)
    for number, job_id in enumerate(everything, 1):
        give(cluster, "p1", job_id, TraceContext(number, number, 1))
    stage.turn_until(lambda: stage.script.ended.total() == 32 and not len(stage.runner.pool))

    # When they are said
    hung.release()
    done(stage, cluster, 32)

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
    give(cluster, name, "job")

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
        assert inject(PRODUCER)[0] in headers
        assert [header for header, _ in headers].count(KEPT) == 1
        assert extract(headers) == TraceContext(*ids(commit), 1, PRODUCER.state)


def test_what_no_handler_saw_is_shown_by_its_outcome(
    cluster: FakeCluster, spans: SdkSpans, finished: Finished
) -> None:
    """A duplicate and garbage are received and committed as what they are."""
    # Given a job, another submission of it, and a record that is none
    stage = cluster.stage("p1", spans=spans).start()
    give(cluster, "p1", "job")
    give(cluster, "p1", "job")
    cluster.write("jobs.submitted", b"bad", b"garbage", headers=inject(PRODUCER))

    # When they are settled, then each shows what became of it
    done(stage, cluster, 3)
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
    give(cluster, name, "job")
    first.turn_until(lambda: first.script.calls["job"])
    first.kill()

    # When an heir has done it, and the handler of the first has returned
    heir = cluster.stage(name, "b", spans=spans).start()
    done(heir, cluster, 1)
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
        # Stages of other tests may not have ended yet, and have handlers of this class.
        if job.job_id == "looking":
            seen.append((current.trace_id, current.span_id))
        return handle(script, job, context)

    monkeypatch.setattr(Script, "__call__", looking)
    give(cluster, "p1", "looking")

    # When it is called, then it is that of its call
    done(stage, cluster, 1)
    (process,) = [span for span in finished.spans if span.name.startswith("process")]
    assert seen == [ids(process)]


def test_a_failure_for_good_is_an_error_of_its_call_alone(
    cluster: FakeCluster, spans: SdkSpans, finished: Finished
) -> None:
    """The commit went well: what it committed is that the job failed."""
    # Given a job that its handler gives up
    stage = cluster.stage("p1", spans=spans).start()
    stage.script.fail("job", PermanentError("x" * 5000))
    give(cluster, "p1", "job")

    # When it is, then the call has failed, in words that are bounded
    done(stage, cluster, 1)
    received, process, commit = finished.spans
    assert told(process)["error.type"] == "PermanentError"
    assert 0 < len(process.status.description or "") <= 1000
    assert [span.status.is_ok for span in (received, process, commit)] == [True, False, True]
