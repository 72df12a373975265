"""What a stage says of itself while it works: whether it is ready, and what it holds back."""

import json
from typing import Any

from support.fake_kafka import errors
from support.stages.stage_rig import FakeCluster, InProcessStage


def _told(stage: InProcessStage) -> dict[str, Any]:
    answer = stage.health.answer("/readyz")
    assert answer is not None
    return {"status": answer[0], **json.loads(answer[2])}


def test_a_stage_is_ready_once_it_owns_its_partitions(cluster: FakeCluster, name: str) -> None:
    """Before that it says what it waits for."""
    # Given a stage that was started and has not turned, then it is not ready
    stage = cluster.stage(name).start()
    assert _told(stage)["status"] == 503

    # When it owns what there is, then it says how much, and that nothing is held back
    stage.turn_until(lambda: stage.health.ready)
    assert _told(stage) == {"status": 200, "ok": True, "reason": "6 partitions"}


def test_what_is_held_back_is_told_with_its_reason(cluster: FakeCluster, name: str) -> None:
    """An operator sees why records wait."""
    # Given a stage that has lost its producer, and another that does not open
    stage = cluster.stage(name).start()
    stage.turn_until(lambda: stage.health.ready)
    cluster.broker.faults.fail("begin_transaction", errors.unknown_producer())
    opening = cluster.broker.faults.hang("init_transactions")
    cluster.give(name, "job")
    stage.turn_until(lambda: opening.met and not stage.health.ready)

    # When it is asked, then it says what holds which partition, of all that it reads
    declared = cluster.pipeline.stage(name)
    read = (declared.source, declared.held, *declared.retry_topics, cluster.pipeline.commands)
    topics = [cluster.catalog[topic].name for topic in read]
    told = _told(stage)
    assert told["status"] == 503
    held = {f"{topic}[{index}]": ["no producer"] for topic in topics for index in range(6)}
    assert told["paused"] == held

    # And once it is open, nothing is held back
    opening.release()
    stage.turn_until(lambda: stage.health.ready)
    assert "paused" not in _told(stage)
