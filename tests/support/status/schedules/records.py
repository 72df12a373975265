"""Records that a scheduler writes, and a batch of them."""

from typing import Any

from confluent_kafka import Message

from headway.following.batch import Batch
from headway.wire.codec import Codec

RULES, WINDOWS = "schedule-rules", "stage-windows"


def rule_record(codec: Codec, name: str, **said: Any) -> bytes:
    """The value of a rule in one lane."""
    usual = {
        "rule": name,
        "kind": "reprocess",
        "stage": "p2",
        "about": f"What {name} does.",
        "paused": False,
        "paused_by": "",
        "next_at": None,
        "last_at": None,
        "pending": 0,
        "done": 0,
        "run": None,
        "updated_at": 1000,
    }
    return codec.encode("schedule-rule", usual | said)


def window_record(codec: Codec, stage: str, **said: Any) -> bytes:
    """The value of a stage's window in one lane."""
    usual = {"stage": stage, "open": False, "until": None, "next_at": None, "by": "", "at": 1000}
    return codec.encode("stage-window", usual | said)


def batch_of(*records: tuple[str, int, str, bytes | None]) -> Batch[str]:
    """Topic, partition, key and value of each."""
    batch = Batch({RULES: RULES, WINDOWS: WINDOWS})
    batch.add(
        [
            Message(topic=topic, partition=lane, offset=number, key=key.encode(), value=value)
            for number, (topic, lane, key, value) in enumerate(records)
        ]
    )
    return batch
