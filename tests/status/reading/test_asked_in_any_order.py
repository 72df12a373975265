"""Commands and results read in any order with all else: a job tells the same in the end."""

import random
from pathlib import Path

import pytest
from confluent_kafka import Message
from support.status.records import START_MS, Records
from support.status.rig import Rig
from support.status.topics import Log, batch_of

from headway.wire.codec import Codec


@pytest.mark.parametrize("seed", range(15))
def test_any_order_among_the_topics_tells_the_same_of_what_was_asked(
    tmp_path: Path, codec: Codec, seed: int
) -> None:
    """A replica that is made anew reads them in another order than one that was there."""
    # Given a job, the commands for it, equal ones among them, and what stages answered
    rng = random.Random(seed)
    topics = topics_of(rng, Log(Records(codec)))

    # When replicas read the topics in three orders
    told = []
    for number in range(3):
        folder = tmp_path / str(number)
        folder.mkdir()
        rig = Rig(folder, Log(Records(codec)), codec)
        rig.begin()
        rig.catch_up()
        for batch in shuffled(rng, topics):
            rig.publish(rig.materializer.apply(batch_of(batch)))
        told.append(rig.views.detail(rig.job("a")))
        rig.close()

    # Then they tell the same, of the newest command
    assert told[0] == told[1] == told[2]
    assert told[0]["command"] is not None


def topics_of(rng: random.Random, log: Log) -> list[list[Message]]:
    """The records of each topic, in their order."""
    log.submission("a")
    submissions = log.take()
    for status in ("PROCESS_1_RUNNING", "FAILED", "RETRY_SCHEDULED", "CANCELLED"):
        attempt = 1 + (status in {"RETRY_SCHEDULED", "CANCELLED"})
        log.state("a", status, attempt=attempt, submitted_at=START_MS + 1)
    states = log.take()[: rng.randint(1, 4)]
    names = [rng.choice(("retry 1", "retry 2", "cancel 3")) for _ in range(rng.randint(1, 5))]
    for name in names:
        log.command("a", name.split()[0], command_id=name, attempt=rng.randint(1, 2))
    commands = log.take()
    for name in rng.sample(names, rng.randint(0, len(names))):
        log.result("a", name, accepted=rng.random() < 0.5, reason=name)
    return [submissions, states, commands, log.take()]


def shuffled(rng: random.Random, topics: list[list[Message]]) -> list[list[Message]]:
    """Batches in which each topic keeps its own order; some records come twice."""
    left = [list(topic) for topic in topics]
    batches = []
    while any(left):
        batch = [topic.pop(0) for topic in left for _ in range(rng.randint(0, len(topic)))]
        batches += [batch, batch] if rng.random() < 0.2 else [batch]
    return batches
