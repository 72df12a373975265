"""Records deleted from the front of partitions."""

from collections.abc import Mapping
from typing import Final

from headway.edges import kafka
from headway.owning.place import Place

_ANSWER_SECONDS: Final = 30.0


def delete_below(admin: kafka.AdminClient, offsets: Mapping[Place, int]) -> None:
    """Delete what lies below those offsets; what is deleted already is fine. Blocks.

    Raises:
        KafkaException: the cluster refused one, or did not answer; others may be done.
    """
    wanted = [kafka.TopicPartition(*place, offset) for place, offset in offsets.items()]
    answers = admin.delete_records(wanted, request_timeout=_ANSWER_SECONDS)
    for answer in answers.values():
        answer.result()
