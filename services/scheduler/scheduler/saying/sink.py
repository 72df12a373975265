"""The transactional producer of one instance."""

from collections.abc import Callable
from functools import partial

from headway.edges import kafka
from headway.saying.sweep import Sweep
from headway.saying.transaction import CALL_SECONDS, Commit, Transactions
from scheduler.lane.words import Topics, Words
from scheduler.saying.turn import Turn


class TurnSink(Transactions):
    """As `headway.saying.committer` has it."""

    def __init__(
        self,
        words: Words,
        make_producer: Callable[[], kafka.Producer],
        sweep: Sweep,
        calling: Callable[[], bool],
    ) -> None:
        super().__init__(make_producer, calling, sweep=sweep)
        self._words = words

    def write(self, turn: Turn, commit: Commit) -> None:
        """Say *turn*; raises as `say` does."""
        self.say(turn, partial(turn.produce, self._words), commit)


def sweep_of(options: kafka.Options, group: str, topics: Topics) -> Sweep:
    """What ends a transaction that a broker forgot to abort."""
    outside = kafka.consumer(options, group_id=group)
    metadata = outside.consumer_group_metadata()
    outside.close()
    return Sweep(
        places=[(topic, index) for topic in topics.written for index in range(topics.lanes)],
        offsets=kafka.TopicPartition(topics.states, 0, 0),
        group_metadata=metadata,
        call_seconds=CALL_SECONDS,
    )
