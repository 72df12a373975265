"""Where a batch ends that no client can inflate, so that it can be passed over.

What follows the batch cannot be asked for, only found, by asking at offsets behind it until the
answer is of another batch.
"""

import time
from typing import Final

from headway.base.errors import TransientError
from headway.edges import kafka
from headway.edges.admin import Place
from headway.edges.messages import is_end_of_partition, is_out_of_range, is_unreadable

#: An answer takes a tenth of a second; without one, the cluster is away.
_ANSWER_SECONDS: Final = 10.0


def end_of_batch(options: kafka.Options, place: Place, first: int) -> int:
    """The offset behind the batch that begins at *first* and cannot be inflated. Blocks.

    Raises:
        KafkaException, TransientError: the cluster does not answer.
    """
    asking = kafka.consumer(
        options,
        isolation_level="read_uncommitted",
        auto_offset_reset="error",
        enable_partition_eof=True,
    )

    def past(offset: int) -> bool:
        return _past(asking, kafka.TopicPartition(*place, offset), first)

    try:
        inside, beyond = first, first + 1
        while not past(beyond):
            inside, beyond = beyond, first + 2 * (beyond - first)
        while beyond - inside > 1:
            middle = (inside + beyond) // 2
            inside, beyond = (inside, middle) if past(middle) else (middle, beyond)
        return beyond
    finally:
        asking.close()


def _past(asking: kafka.Consumer, place: kafka.TopicPartition, first: int) -> bool:
    """Whether what is read at *place* is behind the batch that begins at *first*."""
    asking.assign([place])
    deadline = time.monotonic() + _ANSWER_SECONDS
    while time.monotonic() < deadline:
        answer = asking.poll(_ANSWER_SECONDS)
        if answer is None:
            continue
        if answer.error() is None or is_end_of_partition(answer):
            return True
        if is_unreadable(answer):
            return answer.offset() != first
        if is_out_of_range(answer):
            return True
    raise TransientError(f"no answer at offset {place.offset} in {_ANSWER_SECONDS:g} s")
