"""One aborted transaction before the first frame: it ends what a broker forgot to abort.

A broker that was killed in the middle of a frame aborts it when it is back, as coordinator. Where
it does not know yet who leads a partition, it takes the partition for deleted and leaves out its
marker ("Couldn't find leader endpoint", seen with Kafka 4.3.1). The records there stay open, and
the *commit* of the next transaction of the same producer would make them visible: half a frame,
outputs and offsets without their states. So the next transaction is one that is aborted, and it
touches every partition a frame can touch; its markers end whatever is open there.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from headway.edges import kafka

#: Compacted topics take no record without a key; nobody who reads committed records sees it.
_KEY: Final = b"swept"


@dataclass(frozen=True, slots=True)
class Sweep:
    """Where frames of a stage write, and the partition whose offsets stand for the group's.

    *group_metadata* is that of a client outside the group: what is aborted needs no fence, and a
    member's generation may be an old one just now.
    """

    places: Sequence[tuple[str, int]]
    offsets: kafka.TopicPartition
    group_metadata: Any
    call_seconds: float

    def steps(self, producer: kafka.Producer) -> Iterator[Callable[[], Any]]:
        """The calls, one after the other; each blocks for `call_seconds` at most."""
        seconds = self.call_seconds
        yield producer.begin_transaction
        for topic, index in self.places:
            yield partial(producer.produce, topic, value=b"", key=_KEY, partition=index)
        told = [self.offsets], self.group_metadata
        yield lambda: producer.send_offsets_to_transaction(*told, seconds)
        yield lambda: producer.flush(seconds)
        yield lambda: producer.abort_transaction(seconds)
