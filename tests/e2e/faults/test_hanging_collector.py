"""A collector that takes connections and never answers, and one that is not there at all."""

from collections.abc import Callable

import pytest
from support.kafka.cluster import Cluster
from support.processes import Service, free_port
from support.tracing.collector import collecting

pytestmark = [pytest.mark.broker, pytest.mark.e2e]

#: Longer than the test; the exporter would wait for so long for one answer.
_FOR_EVER = {"OTEL_EXPORTER_OTLP_TIMEOUT": 100_000}


def test_a_collector_that_hangs_neither_stops_a_stage_nor_holds_its_end_up(
    cluster: Cluster, start: Callable[..., Service]
) -> None:
    """Jobs are done while an export hangs; after SIGTERM it is left behind."""
    # Given a stage whose first export hangs, and a queue that is soon full
    with collecting(hold=True) as collector:
        told = {**collector.environment, **_FOR_EVER, "OTEL_BSP_MAX_QUEUE_SIZE": 8}
        told |= {"OTEL_BSP_MAX_EXPORT_BATCH_SIZE": 8, "exit_seconds": 20}
        stage = start("support.stages.scripted_stage p1", **told)
        cluster.submit(["first"], title="ok")
        cluster.wait_for_outputs("p1", 1)
        assert collector.asked.wait()

        # When there are more jobs to do, then they are done, and spans are dropped and counted
        cluster.submit([f"job-{number}" for number in range(50)], title="ok")
        cluster.wait_for_outputs("p1", 51)
        assert stage.metric('headway_spans_total{outcome="ended"}') > 100
        assert stage.metric('headway_spans_total{outcome="sent"}') == 0

        # And when it is told to end, it ends in order and says what was not sent
        assert stage.stop() == 0
        assert stage.events("traces.left_unsent")


def test_a_collector_that_is_away_is_told_of_once_in_a_while(
    cluster: Cluster, start: Callable[..., Service]
) -> None:
    """Under an event of ours, and the stage goes on."""
    # Given a stage whose collector is not there
    told = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{free_port()}",
        "OTEL_EXPORTER_OTLP_TIMEOUT": 600,
        "OTEL_BSP_SCHEDULE_DELAY": 1,
    }
    stage = start("support.stages.scripted_stage p1", **told)

    # When jobs are done
    cluster.submit([f"job-{number}" for number in range(50)], title="ok")
    cluster.wait_for_outputs("p1", 50)

    # Then that is told, in lines of ours alone, and it ends in order
    assert "127.0.0.1" in stage.wait_for_event("traces.trouble")[0]["detail"]
    assert stage.stop() == 0
    loggers = [
        line
        for line in stage.log.read_text(encoding="utf-8").splitlines()
        if '"opentelemetry' in line
    ]
    assert loggers == []


def test_traces_that_cannot_be_made_refuse_the_start(start: Callable[..., Service]) -> None:
    """With exit code 2, as every setting that does not fit, and what to do."""
    # Given a stage that is to speak what it does not, when it starts, then it does not
    told = {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}
    stage = start("support.stages.scripted_stage p1", **told)
    assert stage.wait_for_exit() == 2
    assert "http/protobuf" in stage.tail()
