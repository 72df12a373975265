"""`ordering: key`: later jobs of an order key wait behind its retry, those of others go on."""

from collections.abc import Callable

from support.stages.commander import Commander
from support.stages.stage_rig import FakeCluster, InProcessStage, once

from headway.base.errors import StoreUnavailable

Started = Callable[..., InProcessStage]

_AWAY = StoreUnavailable("the store is away")
#: Two calls in place for each time a job comes, as the rig's stages have it.
_CALLS = 2
_LONG = "600,600,600"


def _done_in_order(cluster: FakeCluster, name: str) -> list[str]:
    sink = cluster.pipeline.stage(name).sink
    return [(record.key or b"").decode() for _, _, record in cluster.read(sink)]


def _wait_until_resting(cluster: FakeCluster, stage: InProcessStage, job_id: str = "a1") -> None:
    stage.turn_until(lambda: cluster.statuses().get(job_id) == "RETRY_SCHEDULED", cluster.statuses)


def test_later_jobs_of_a_key_wait_and_others_go_on(
    cluster: FakeCluster, name: str, started: Started
) -> None:
    """No thread is held meanwhile: one is enough for all the others."""
    # Given one thread, and a customer whose first job meets a store that is away
    stage = started(concurrency=1, retry_delays=_LONG)
    stage.script.fail("a1", _AWAY)
    cluster.give(name, "a1", "a2", order_key="A")
    cluster.give(name, "b1", "b2", order_key="B")
    cluster.give(name, "free")

    # When it is put off
    _wait_until_resting(cluster, stage)
    stage.turn_until(lambda: cluster.outputs(name) == once(["b1", "b2", "free"]))

    # Then it waits where it is, and the customer's next job has not begun
    state = cluster.states()["a1"]
    source = cluster.catalog[cluster.pipeline.stage(name).source].name
    assert state["waits_at"] == {"topic": source, "partition": 0, "offset": 0}
    assert (state["tries"], state["error"]["error_class"]) == (1, "StoreUnavailable")
    assert state["due_at"] > state["since"] == state["updated_at"]
    assert stage.script.calls["a2"] == 0
    assert cluster.read(f"{name}.retry.1") == []


def test_a_key_goes_on_in_its_order_when_its_retry_is_done(
    cluster: FakeCluster, name: str, started: Started
) -> None:
    """The jobs of one customer end as they were submitted."""
    # Given a customer with three jobs, each of which fails once
    stage = started()
    mine = ["a1", "a2", "a3"]
    for job_id in mine:
        stage.script.fail(job_id, _AWAY, times=_CALLS)
    cluster.give(name, *mine, order_key="A")

    # When all are done
    stage.turn_until(lambda: cluster.outputs(name) == once(mine), cluster.statuses)

    # Then it was in their order, each after its retry, and all tell of it
    assert _done_in_order(cluster, name) == mine
    running, waits = f"PROCESS_{name[1]}_RUNNING", "RETRY_SCHEDULED"
    for job_id in mine:
        steps = [step["status"] for step in cluster.states()[job_id]["timeline"]]
        assert steps[-4:-1] == [running, waits, running]
    assert stage.runner.flow.taken == 0


def test_a_dead_letter_lets_the_key_go_on(
    cluster: FakeCluster, name: str, started: Started
) -> None:
    """A job that is given up is over: its successors do not wait for people."""
    # Given a customer whose first job always fails
    stage = started(retry_tries=1)
    stage.script.fail("a1", _AWAY)
    cluster.give(name, "a1", "a2", order_key="A")

    # When its tries are used up, then it has failed, and the next is done
    stage.turn_until(lambda: cluster.outputs(name) == once(["a2"]), cluster.statuses)
    assert cluster.statuses()["a1"] == "FAILED"
    assert stage.script.calls["a1"] == 2 * _CALLS


def test_an_heir_goes_on_with_the_tries_and_the_order(
    cluster: FakeCluster, name: str, started: Started
) -> None:
    """What is known of a job that rests is in its state."""
    # Given a job that rests when its owner is killed, with a second behind it
    first = started("first", retry_tries=2)
    first.script.fail("a1", _AWAY)
    cluster.give(name, "a1", "a2", order_key="A")
    _wait_until_resting(cluster, first)
    since, due_at = (cluster.states()["a1"][field] for field in ("since", "due_at"))
    first.kill()

    # When an heir takes over, and it fails there as well
    second = started("second", retry_tries=2)
    second.script.fail("a1", _AWAY)
    second.turn_until(lambda: cluster.outputs(name) == once(["a2"]), cluster.statuses)

    # Then it had the one try that was left, when it was due, and its timeline is whole
    state = cluster.states()["a1"]
    assert (state["status"], second.script.calls["a1"]) == ("FAILED", 2 * _CALLS)
    steps = [(step["status"], step["at"]) for step in state["timeline"]]
    assert next(at for status, at in steps if status == "RETRY_SCHEDULED") == since
    assert [status for status, _ in steps].count("RETRY_SCHEDULED") == 2
    assert [at for status, at in steps if status.endswith("_RUNNING")][-2] >= due_at


def test_an_heir_lets_others_go_on_while_a_suspect_rests(
    cluster: FakeCluster, name: str, started: Started
) -> None:
    """Whoever only waits is not at work: nobody has to wait until it is judged."""
    # Given a customer's job that rests for long when its owner is killed
    first = started("first", retry_delays=_LONG)
    first.script.fail("a1", _AWAY)
    cluster.give(name, "a1", "a2", "a3", order_key="A")
    _wait_until_resting(cluster, first)
    first.kill()

    # When others come to its heir, then they are done, and the customer's jobs wait
    second = started("second", retry_delays=_LONG)
    cluster.give(name, "b1", "b2", order_key="B")
    second.turn_until(lambda: cluster.outputs(name) == once(["b1", "b2"]), cluster.statuses)
    assert cluster.statuses()["a1"] == "RETRY_SCHEDULED"
    assert not second.script.calls.keys() & {"a1", "a2", "a3"}


def test_a_try_that_is_cut_off_is_the_same_try_at_its_heir(
    cluster: FakeCluster, name: str, started: Started
) -> None:
    """A process that dies in a later try does not give the job more of them."""
    # Given a job at work in its first later try when its owner is killed
    first = started("first", retry_tries=2)
    first.script.fail("a1", _AWAY, times=_CALLS)
    cluster.give(name, "a1", "a2", order_key="A")
    _wait_until_resting(cluster, first)
    first.script.hold("a1")
    running = cluster.pipeline.stage(name).running.name
    first.turn_until(lambda: cluster.statuses()["a1"] == running, cluster.statuses)
    assert cluster.states()["a1"]["tries"] == 1
    first.kill()

    # When it goes on failing at the heir, then it has that try and the last one
    second = started("second", retry_tries=2)
    second.script.fail("a1", _AWAY)
    second.turn_until(lambda: cluster.outputs(name) == once(["a2"]), cluster.statuses)
    assert second.script.calls["a1"] == 2 * _CALLS
    details = [step["detail"] or "" for step in cluster.states()["a1"]["timeline"]]
    assert sum("WorkerLost" in detail for detail in details) == 1


def test_a_job_that_rests_is_cancelled_at_once(
    cluster: FakeCluster, name: str, started: Started, commands: Commander
) -> None:
    """Nobody waits until it would be due, and its key goes on."""
    # Given a job that rests for long, and one behind it
    stage = started(retry_delays=_LONG)
    stage.script.fail("a1", _AWAY)
    cluster.give(name, "a1", "a2", order_key="A")
    _wait_until_resting(cluster, stage)

    # When it is cancelled, then it is over without another call, and the next is done
    commands.cancel("a1")
    stage.turn_until(lambda: cluster.outputs(name) == once(["a2"]), cluster.statuses)
    assert (cluster.statuses()["a1"], stage.script.calls["a1"]) == ("CANCELLED", _CALLS)


def test_what_is_sent_back_keeps_the_order_of_what_is_left(
    cluster: FakeCluster, name: str, started: Started, commands: Commander
) -> None:
    """Later jobs have gone on when a dead letter is redriven: it is in line behind them."""
    # Given a customer's job that has failed
    stage = started(retry_tries=1)
    stage.script.fail("a1", _AWAY)
    cluster.give(name, "a1", order_key="A")
    stage.turn_until(lambda: cluster.statuses().get("a1") == "FAILED", cluster.statuses)

    # When it is sent back and fails once more, then it rests in its tier, and is done
    stage.script.fail("a1", _AWAY, times=_CALLS)
    commands.retry("a1", 1, name)
    _wait_until_resting(cluster, stage)
    tier = cluster.catalog[f"{name}.retry.1"].name
    stage.turn_until(lambda: cluster.states()["a1"]["tries"] == 1, cluster.statuses)
    assert cluster.states()["a1"]["waits_at"]["topic"] == tier
    stage.turn_until(lambda: cluster.outputs(name) == once(["a1"]), cluster.statuses)
    assert len(cluster.read(tier)) == 1


def test_a_job_without_an_order_key_waits_in_a_tier(
    cluster: FakeCluster, name: str, started: Started
) -> None:
    """Order costs those alone who ask for it."""
    # Given a job without, when it fails once, then it goes by a tier
    stage = started()
    stage.script.fail("free", _AWAY, times=_CALLS)
    cluster.give(name, "free")
    stage.turn_until(lambda: cluster.outputs(name) == once(["free"]), cluster.statuses)
    assert len(cluster.read(f"{name}.retry.1")) == 1


def test_without_ordering_an_order_key_is_only_carried(cluster: FakeCluster, name: str) -> None:
    """`ordering: none` is as it was: the job goes by a tier, the next does not wait."""
    # Given a stage as declared, and a customer whose first job fails
    stage = cluster.stage(name, retry_tries=3, retry_delays=_LONG).start()
    stage.script.fail("a1", _AWAY)
    cluster.give(name, "a1", "a2", order_key="A")

    # When both are through with, then the second is done while the first waits in a tier
    stage.turn_until(lambda: cluster.outputs(name) == once(["a2"]), cluster.statuses)
    _wait_until_resting(cluster, stage)
    assert len(cluster.read(f"{name}.retry.1")) == 1
    assert cluster.states()["a2"]["order_key"] == "A"


def test_what_rests_and_waits_is_bounded_and_other_partitions_go_on(
    cluster: FakeCluster, name: str, started: Started
) -> None:
    """One customer with many jobs takes half of the buffer; then its partition pauses."""
    # Given a buffer of eight, and a customer of six jobs whose first rests
    stage = started(buffer_records=8)
    stage.script.fail("a1", _AWAY, times=_CALLS)
    mine = [f"a{number}" for number in range(1, 7)]
    cluster.give(name, *mine, order_key="A")

    # When half of the buffer waits, then the partition is paused, and another one goes on
    stage.turn_until(lambda: "order" in _reasons(stage), lambda: stage.flow.shown)
    cluster.give(name, "b1", partition=1, order_key="B")
    stage.turn_until(lambda: cluster.outputs(name)["b1"] == 1, cluster.statuses)

    # And when the first is done, then all follow in order, and nothing is paused
    stage.turn_until(lambda: cluster.outputs(name) == once([*mine, "b1"]), cluster.statuses)
    assert [job for job in _done_in_order(cluster, name) if job in mine] == mine
    stage.turn_until(lambda: "order" not in _reasons(stage), lambda: stage.flow.shown)


def _reasons(stage: InProcessStage) -> set[str]:
    return {reason for reasons in stage.flow.shown.values() for reason in reasons}
