"""Commands written and acknowledged, at a pace."""

import time
from typing import Final, NamedTuple

from headway.desk.cluster import Cluster
from headway.desk.subcommand import NotDone
from headway.desk.telling import Progress
from headway.edges import kafka
from headway.wire.commands import Command, CommandRecords

ACKNOWLEDGED_MS: Final = 10_000
FLUSH_SECONDS: Final = 15.0
_BY_KEY: Final = -1


class Addressed(NamedTuple):
    """A command, and the partition of its job where that is known: else that of its key."""

    command: Command
    partition: int | None = None


def write(cluster: Cluster, commands: list[Addressed], *, rate: float = 0.0) -> None:
    """Write *commands*, so many a second if *rate* is not 0; every one is acknowledged then.

    Raises:
        NotDone: not every one was: how many were, and why. Those that were are commanded.
    """
    writer = _Writer(cluster, len(commands))
    begun_at = time.monotonic()
    try:
        for number, addressed in enumerate(commands):
            writer.wait(begun_at + number / rate if rate else 0.0)
            writer.write(addressed)
    finally:
        writer.close()
    if writer.acknowledged < len(commands):
        raise NotDone(
            f"{writer.acknowledged:,} of {len(commands):,} commands were acknowledged "
            f"({writer.fault}); run it again: a command that was taken changes nothing twice"
        )


class _Writer:
    def __init__(self, cluster: Cluster, total: int) -> None:
        self._records = CommandRecords(cluster.codec)
        self._topic = cluster.topic(cluster.pipeline.commands)
        # With more in flight the client may report a record as taken that lies nowhere.
        self._producer = kafka.producer(
            cluster.options, delivery_timeout_ms=ACKNOWLEDGED_MS, max_in_flight=1
        )
        self._progress = Progress("commands acknowledged", total)
        self.acknowledged = 0
        self.fault = "no answer in time"

    def wait(self, until: float) -> None:
        """Serve acknowledgements until that moment (monotonic s), at least once."""
        while self._producer.poll(max(0.0, until - time.monotonic())) or time.monotonic() < until:
            pass

    def write(self, addressed: Addressed) -> None:
        command, partition = addressed
        value = self._records.command(command)
        place = _BY_KEY if partition is None else partition
        key = command.job_id.encode()
        while True:
            try:
                self._producer.produce(self._topic, value, key, place, on_delivery=self._delivered)
            except BufferError:
                self._producer.poll(FLUSH_SECONDS)
            else:
                return

    def close(self) -> None:
        self._producer.flush(FLUSH_SECONDS)
        self._progress.over()

    def _delivered(self, error: kafka.KafkaError | None, message: kafka.Message) -> None:
        offset = message.offset()
        if error is None and offset is not None and offset >= 0:
            self.acknowledged += 1
            self._progress.at(self.acknowledged)
        elif error is not None:
            self.fault = kafka.describe(kafka.KafkaException(error))
