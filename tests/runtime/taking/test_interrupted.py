"""A job whose owner died leaves RUNNING by itself, and its timeline says what happened."""

from support.stages.stage_rig import FakeCluster, InProcessStage, once


def _running(cluster: FakeCluster, name: str, *job_ids: str) -> InProcessStage:
    """An instance in which these jobs are at work, which is in their states."""
    first = cluster.stage(name, "first").start()
    first.script.hold(*job_ids)
    cluster.give(name, *job_ids)
    status = cluster.pipeline.stage(name).running.name
    told = dict.fromkeys(job_ids, status)
    first.turn_until(lambda: cluster.statuses() == told, cluster.statuses)
    return first


def test_a_job_at_work_at_a_dead_owner_waits_until_its_heir_has_a_thread(
    cluster: FakeCluster, name: str
) -> None:
    """Nobody is shown that a job runs on which nobody works."""
    # Given two jobs at work when their owner is killed
    _running(cluster, name, "one", "two").kill()

    # When an heir with a single thread, which the first keeps, takes them over
    second = cluster.stage(name, "second", concurrency=1).start()
    second.script.hold("one", "two")
    second.turn_until(
        lambda: "RETRY_SCHEDULED" in cluster.statuses().values() and second.script.calls,
        cluster.statuses,
    )

    # Then the other waits, and says why
    (waiting,) = {"one", "two"} - second.script.calls.keys()
    second.turn_until(lambda: cluster.statuses()[waiting] == "RETRY_SCHEDULED", cluster.statuses)
    state = cluster.states()[waiting]
    assert state["error"]["error_class"] == "WorkerLost"
    assert state["due_at"] == state["updated_at"]

    # And when both are done, then both tell of it in their timelines, and ran once for the heir
    second.script.release()
    second.turn_until(lambda: cluster.outputs(name) == once(["one", "two"]), cluster.statuses)
    running = cluster.pipeline.stage(name).running.name
    for state in cluster.states().values():
        steps = [(step["status"], step["detail"] or "") for step in state["timeline"]]
        statuses = [status for status, _ in steps]
        assert statuses[-4:-1] == [running, "RETRY_SCHEDULED", running]
        assert "ended; it is run again" in steps[-3][1]


def test_a_job_that_was_not_at_work_says_nothing_of_it(cluster: FakeCluster, name: str) -> None:
    """What only waited was not interrupted."""
    # Given a job at work and one behind it in a single thread, when the owner is killed
    first = cluster.stage(name, "first", concurrency=1).start()
    first.script.hold("one")
    cluster.give(name, "one", "two")
    running = cluster.pipeline.stage(name).running.name
    first.turn_until(lambda: cluster.statuses().get("one") == running, cluster.statuses)
    first.kill()

    # When the heir has done both, then only the first tells of it
    second = cluster.stage(name, "second").start()
    second.turn_until(lambda: cluster.outputs(name) == once(["one", "two"]), cluster.statuses)
    told = {
        job_id: "RETRY_SCHEDULED" in {step["status"] for step in state["timeline"]}
        for job_id, state in cluster.states().items()
    }
    assert told == {"one": True, "two": False}


def test_what_happened_before_is_kept_by_whoever_takes_the_job_next(
    cluster: FakeCluster, name: str
) -> None:
    """A step that people have seen does not go from the timeline with the process that told it."""
    # Given two jobs whose owner died, and whose heir dies while it is at work on one of them
    running = cluster.pipeline.stage(name).running.name
    _running(cluster, name, "one", "two").kill()
    second = cluster.stage(name, "second", concurrency=1).start()
    second.script.hold("one", "two")
    second.turn_until(
        lambda: sorted(cluster.statuses().values()) == sorted([running, "RETRY_SCHEDULED"]),
        cluster.statuses,
    )
    lost = {job_id: 1 + (status == running) for job_id, status in cluster.statuses().items()}
    second.kill()

    # When a third owner has done both
    third = cluster.stage(name, "third").start()
    third.turn_until(lambda: cluster.outputs(name) == once(["one", "two"]), cluster.statuses)

    # Then each tells of every process that it was lost with, and of each run
    for job_id, state in cluster.states().items():
        steps = [(step["status"], step["detail"] or "") for step in state["timeline"]]
        assert sum("ended; it is run again" in detail for _, detail in steps) == lost[job_id]
        assert [status for status, _ in steps].count(running) == lost[job_id] + 1
