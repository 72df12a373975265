"""One frame as one Kafka transaction (KIP-98, KIP-447). What failing means: `saying.fate`."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from headway.edges import kafka
from headway.saying.batches import Acknowledgements, Batches, Place, Said
from headway.saying.fate import FrameAborted, ProducerLost, failed_call
from headway.saying.frame import Frame
from headway.saying.leading import Leading
from headway.saying.sweep import Sweep
from headway.wire.route import Record, Route

logger = logging.getLogger(__name__)

#: A call comes back after this long and is repeated; the client does not always keep to it.
CALL_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Commit:
    """The offsets a frame commits, and the membership that entitles it to."""

    offsets: list[kafka.TopicPartition]
    group_metadata: Any


#: Queues records with a producer, and asks for their acknowledgements where it should.
Produce = Callable[[kafka.Producer, Acknowledgements], None]


class Transactions:
    """Owns a transactional producer; for one thread, every call blocks.

    *calling* is told before each call to the client, and asked whether to go on: a call that
    does not come back is noticed by whoever counts them, and a producer that was given up in
    the meantime does nothing more.
    """

    def __init__(
        self,
        make_producer: Callable[[], kafka.Producer],
        calling: Callable[[], bool] = lambda: True,
        *,
        sweep: Sweep | None = None,
    ) -> None:
        self._make_producer = make_producer
        self._calling = calling
        self._sweep = sweep
        self._producer: kafka.Producer | None = None
        self._proven: set[Place] = set()

    def open(self) -> None:
        """Create the producer; ends an unfinished transaction of a predecessor of its id.

        Blocks until the cluster answers, however long it is away.

        Raises:
            ProducerLost: the cluster refused, or the producer was given up meanwhile.
        """
        producer = self._make_producer()
        self._call(lambda: producer.init_transactions(CALL_SECONDS))
        try:
            for step in self._sweep.steps(producer) if self._sweep else ():
                self._call(step)
        except FrameAborted as error:
            raise ProducerLost(str(error)) from error
        self._producer = producer

    def say(self, said: Said, produce: Produce, commit: Commit) -> None:
        """What *produce* queues of *said*, and the offsets of *commit*, in one transaction.

        Raises:
            FrameAborted: nothing was said; what was to be is unchanged.
            ProducerLost: see `headway.saying.fate`.
        """
        producer = self._producer
        if producer is None:
            raise ProducerLost("the producer was not opened")
        acknowledged = Acknowledgements(said, self._proven)
        self._call(producer.begin_transaction)
        try:
            produce(producer, acknowledged)
            self._call(
                lambda: producer.send_offsets_to_transaction(
                    commit.offsets, commit.group_metadata, CALL_SECONDS
                )
            )
            if acknowledged.wanted:
                self._flush(producer)
                acknowledged.check()
            self._call(lambda: producer.commit_transaction(CALL_SECONDS))
        except FrameAborted as error:
            self._abort(producer)
            raise acknowledged.settled(error) from error
        acknowledged.committed()

    def _flush(self, producer: kafka.Producer) -> None:
        """Wait until every delivery was reported; the client ends what takes too long."""
        while self._calling():
            if not producer.flush(CALL_SECONDS):
                return
        raise ProducerLost("given up: records were not delivered in time")

    def _abort(self, producer: kafka.Producer) -> None:
        def step() -> None:
            producer.poll(0)  # what was delivered is reported; unreported records hold an abort up
            producer.abort_transaction(CALL_SECONDS)

        self._call(step)
        producer.poll(0)

    def _call(self, step: Callable[[], Any]) -> None:
        """One call to the producer: repeated while it times out, its failures sorted in two."""
        while self._calling():
            try:
                step()
            except kafka.KafkaException as error:
                logger.info("transaction.error", extra={"error": kafka.describe(error)})
                fate = failed_call(error)
                if fate is not None:
                    raise fate from error
            else:
                return
        raise ProducerLost("given up: a call to the client did not come back in time")


class TransactionalSink(Transactions):
    """Says the frames of one stage instance."""

    def __init__(
        self,
        make_producer: Callable[[], kafka.Producer],
        route: Route,
        calling: Callable[[], bool] = lambda: True,
        *,
        sweep: Sweep | None = None,
    ) -> None:
        super().__init__(make_producer, calling, sweep=sweep)
        self._route = route

    def write(self, frame: Frame, commit: Commit) -> None:
        """Say *frame* and commit its offsets in one transaction; raises as `say` does."""
        self.say(frame, partial(self._produce, frame), commit)

    def _produce(
        self, frame: Frame, producer: kafka.Producer, acknowledged: Acknowledgements
    ) -> None:
        route, batches = self._route, Batches()
        frame.led = Leading(frame.tasks, route).say(producer, partial(self._flush, producer))
        batches.extend(frame.tasks, route, frame.led)
        for key, (task, state) in frame.running.items():
            batches.add(Record(route.state, task.partition.index, key, state), None)
        batches.produce(producer, acknowledged)
