"""The record that was given up, whole again: what its letter carries, and what the store has."""

import base64
import hashlib
import json
from typing import Final

from headway.desk.cluster import Cluster
from headway.desk.letters.letter import letter_of, origin_of
from headway.desk.subcommand import NotDone
from headway.edges.kafka import Headers, Message
from headway.outcomes.deadletter import Claim, original_headers
from headway.wire.carried import CarriedRecords

#: The brokers' clock stamps records of all declared topics.
_LOG_APPEND_TIME: Final = 2


def original(cluster: Cluster, message: Message) -> Message:
    """The record whose letter *message* is: at its first place, with its own bytes and headers.

    Raises:
        NotDone: a part of it lies nowhere any more.
        StoreUnavailable: the object store does not answer.
    """
    letter = letter_of(message, CarriedRecords(cluster.codec))
    if letter.missing:
        topic, partition, offset, _ = origin_of(message)
        raise NotDone(
            f"{letter.place}: its {letter.missing} was too large for a letter and the object "
            f"store was away; the record lay at {topic} {partition} {offset}"
        )
    parts = {claim.part: _claimed(cluster, claim) for claim in letter.claims}
    topic, partition, offset, timestamp = origin_of(message)
    return Message(
        topic=topic,
        partition=partition,
        offset=offset,
        timestamp=(_LOG_APPEND_TIME, timestamp),
        key=parts.get("key", message.key()),
        value=parts.get("value", message.value()),
        headers=_headers(parts["headers"]) if "headers" in parts else original_headers(message),
    )


def _claimed(cluster: Cluster, claim: Claim) -> bytes:
    data = cluster.store().get_bytes(claim.key)
    if claim.sha256 and hashlib.sha256(data).hexdigest() != claim.sha256:
        raise NotDone(f"the object {claim.key!r} is not the one that the letter names")
    return data


def _headers(data: bytes) -> Headers:
    return [(name, base64.b64decode(value)) for name, value in json.loads(data)]
