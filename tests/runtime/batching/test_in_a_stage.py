"""Batches in the loop of a stage: states, later tries, drains, heirs, order and traces."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from support.stages.isolated import settings_of
from support.stages.stage_rig import FakeCluster, InProcessStage, jobs, once
from support.tracing.giving import give
from support.tracing.memory import remembering, told

from headway.base.errors import PermanentError, SettingsError, StoreUnavailable
from headway.declared.stage import Batch, Stage
from headway.observing.health import Health
from headway.running.assembly import assemble
from headway.workers.processes import in_processes

#: Large enough to be filled by what a test writes, and no test waits for it.
_ALL = Batch(size=8, wait_seconds=0.01, all=True)
_LONG = Batch(size=100, wait_seconds=600, all=True)
_AWAY = StoreUnavailable("away")

Started = Callable[..., InProcessStage]


@pytest.fixture
def started(cluster: FakeCluster, name: str) -> Started:
    def start(instance: str = "a", batch: Batch = _ALL, **settings: Any) -> InProcessStage:
        return cluster.stage(name, instance, batch=batch, **settings).start()

    return start


def test_jobs_that_come_together_are_done_in_few_calls_each_once(
    cluster: FakeCluster, name: str, started: Started
) -> None:
    """Their states, outputs and offsets are as if each had been handed over by itself."""
    # Given a stage whose jobs are handed over by eight, when fifty have come
    stage = started()
    cluster.give(name, *jobs(50))
    stage.turn_until(lambda: cluster.outputs(name) == once(jobs(50)), cluster.statuses)

    # Then each was in one call, no call had more than eight, and all of it is committed
    calls = stage.together.calls
    assert sorted(job for call in calls for job in call) == sorted(jobs(50))
    assert max(len(call) for call in calls) == 8
    assert len(calls) <= 12
    done = cluster.pipeline.stage(name).done.name
    assert set(cluster.statuses().values()) == {done}
    stage.turn_until(lambda: cluster.committed(name)[0][0] == 50, lambda: cluster.committed(name))
    assert stage.flow.taken == 0


def test_every_job_of_a_long_call_is_seen_to_run(
    cluster: FakeCluster, name: str, started: Started
) -> None:
    """People watch their job, not the batch that it is in."""
    # Given a call of four that does not end
    stage = started(batch=Batch(size=4, wait_seconds=600, all=True))
    stage.script.hold("job-0")
    cluster.give(name, *jobs(4))

    # When it has run for a moment, then all four are told to run
    running = cluster.pipeline.stage(name).running.name
    stage.turn_until(lambda: list(cluster.statuses().values()) == [running] * 4, cluster.statuses)


def test_what_fails_is_tried_later_or_given_up_by_itself(
    cluster: FakeCluster, name: str, started: Started
) -> None:
    """A later try comes in a batch again; nobody else of the first one is touched."""
    # Given eight jobs, of which one is bad input, and one fails as often as it is called in place
    stage = started(retry_tries=2, retry_delays="0.05,0.05,0.05")
    stage.script.fail("job-3", PermanentError("odd"))
    stage.script.fail("job-5", _AWAY, times=2)
    cluster.give(name, *jobs(8))

    # When all are through
    good = [job_id for job_id in jobs(8) if job_id != "job-3"]
    stage.turn_until(lambda: cluster.outputs(name) == once(good), cluster.statuses)

    # Then one has a dead letter, and one was tried again once
    assert cluster.statuses()["job-3"] == "FAILED"
    assert [r.key for _, _, r in cluster.read(f"{name}.dlq")] == [b"job-3"]
    assert [r.key for _, _, r in cluster.read(f"{name}.retry.1")] == [b"job-5"]
    assert stage.together.calls[-2:] == [["job-5"], ["job-5"]]


def test_a_drain_leaves_those_that_wait_to_the_heir_and_finishes_the_call(
    cluster: FakeCluster, name: str, started: Started
) -> None:
    """A batch that is not full is not waited for."""
    # Given a call at work, and three jobs that wait for more to come
    batch = Batch(size=2, wait_seconds=600, all=True)
    stage = started(batch=batch, concurrency=1)
    stage.script.hold("job-0")
    cluster.give(name, *jobs(5))
    stage.turn_until(lambda: stage.script.calls["job-0"], lambda: stage.script.calls)
    stage.turn_until(lambda: stage.flow.taken == 5, lambda: stage.flow.taken)

    # When the stage is drained, and the call ends meanwhile
    cluster.broker.faults.do("poll", lambda: stage.script.release("job-0"), times=None)
    stage.drain(stage.clock.monotonic() + 60)

    # Then its two jobs are done, and the others have not begun
    assert cluster.outputs(name) == once(jobs(2))
    assert stage.together.calls == [["job-0", "job-1"]]

    # And an heir does them
    heir = started("heir")
    heir.turn_until(lambda: cluster.outputs(name) == once(jobs(5)), cluster.statuses)
    assert sorted(heir.script.calls) == jobs(5)[2:]


def test_what_was_in_a_batch_of_a_killed_instance_is_done_once_by_its_heir(
    cluster: FakeCluster, name: str, started: Started
) -> None:
    """It may be handed over again; what comes of it is said once."""
    # Given an instance that is killed in the middle of a call of eight
    first = started("first")
    first.script.hold("job-7")
    cluster.give(name, *jobs(20))
    first.turn_until(lambda: first.script.calls["job-7"], lambda: first.script.calls)
    first.kill()

    # When an heir has taken over, then all are done, each once
    second = started("second", session_timeout_ms=1000)
    second.turn_until(lambda: cluster.outputs(name) == once(jobs(20)), cluster.statuses)
    first.script.release()


def test_after_a_crash_nobody_waits_for_company_that_is_not_let_begin(
    cluster: FakeCluster, name: str, started: Started
) -> None:
    """Few are counted at a time, and a batch of many would never be full."""
    # Given an instance that is killed while a job is at work, and one before it
    for instance in ("first", "second"):
        stage = started(instance, session_timeout_ms=1000)
        stage.script.hold(*jobs(20))
        cluster.give(name, *(jobs(20) if instance == "first" else []))
        stage.turn_until(partial(bool, stage.script.calls), cluster.statuses)
        stage.kill()

    # When a third takes over whose batches wait for a hundred jobs, then they are done
    third = started("third", _LONG, session_timeout_ms=1000, max_deliveries=9)
    third.turn_until(lambda: cluster.outputs(name) == once(jobs(20)), cluster.statuses)


@pytest.mark.parametrize("name", ["p1"])
def test_jobs_of_one_order_are_never_in_one_batch_and_keep_their_order(
    cluster: FakeCluster, name: str, started: Started
) -> None:
    """The next one has its turn when the one before is over, later tries included."""
    # Given customers with three jobs each, whose first ones fail once
    stage = started(ordering="key", retry_tries=3, retry_delays="0.05,0.05,0.05")
    mine = {key: [f"{key}{number}" for number in range(3)] for key in "ABCD"}
    for key, job_ids in mine.items():
        stage.script.fail(job_ids[0], _AWAY, times=2)
        cluster.give(name, *job_ids, order_key=key)

    # When all are done
    wanted = once(job_id for job_ids in mine.values() for job_id in job_ids)
    stage.turn_until(lambda: cluster.outputs(name) == wanted, cluster.statuses)

    # Then no call had two of a customer, some had several customers', and the order was kept
    for call in stage.together.calls:
        assert len({job_id[0] for job_id in call}) == len(call)
    assert max(len(call) for call in stage.together.calls) > 1
    sink = cluster.pipeline.stage(name).sink
    done = [(record.key or b"").decode() for _, _, record in cluster.read(sink)]
    for key, job_ids in mine.items():
        assert [job_id for job_id in done if job_id[0] == key] == job_ids


def test_each_job_of_a_call_has_a_span_in_its_own_trace(cluster: FakeCluster, name: str) -> None:
    """It says how many there were, and what failed of this one alone."""
    # Given a stage whose calls are traced, and two jobs of two traces, of which one fails
    spans, finished = remembering()
    stage = cluster.stage(name, batch=Batch(size=2, all=True), spans=spans).start()
    stage.script.fail("bad", PermanentError("odd"))
    give(cluster, name, "bad")
    give(cluster, name, "good")

    # When both are through
    stage.turn_until(lambda: finished.outcomes("bad") and finished.outcomes("good"))

    # Then each has its row, of one call of two
    for job_id in ("bad", "good"):
        kinds = [span.name.split()[0] for span in finished.of(job_id)]
        assert kinds == ["receive", "process", "commit"]
        assert told(finished.of(job_id)[1])["headway.batch.jobs"] == 2
    bad, good = finished.of("bad")[1], finished.of("good")[1]
    assert (told(bad)["error.type"], [event.name for event in bad.events]) == (
        "PermanentError",
        ["exception"],
    )
    assert "error.type" not in told(good)


def test_jobs_that_no_window_released_go_one_by_one(cluster: FakeCluster, name: str) -> None:
    """Unless the stage says `all`: who comes while it is open is done at once."""
    # Given a stage that takes batches of what a window releases
    stage = cluster.stage(name, batch=Batch(size=8, wait_seconds=600)).start()

    # When jobs come by its source, then they are done at once, each by itself
    cluster.give(name, *jobs(5))
    stage.turn_until(lambda: cluster.outputs(name) == once(jobs(5)), cluster.statuses)
    assert stage.together.calls == []


def test_a_stage_whose_handler_is_in_worker_processes_takes_no_batches(
    cluster: FakeCluster, tmp_path: Any
) -> None:
    """It is told at the start, and not by a crash that costs the whole stage."""
    # Given such a handler beside one for many
    del cluster
    settings = settings_of(tmp_path, kafka_bootstrap_servers="fake:9092")
    handler = in_processes("nowhere:nothing", settings, stage="p1")
    stage = Stage("p1", handler, handle_many=lambda _: [])

    # When it is put together, then it is refused with what to do
    with pytest.raises(SettingsError, match="stage p1: handle_many is called by threads"):
        assemble(stage, settings, Health())


@pytest.mark.parametrize("wrong", [{"size": 0}, {"wait_seconds": -1}, {"wait_seconds": 601}])
def test_a_batch_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    """Where it is declared, by whoever declares it."""
    # Given a size or a time that is none, when it is declared, then it is refused
    with pytest.raises(ValueError, match="a batch has a size from 1"):
        Batch(**wrong)
