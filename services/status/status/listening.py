"""Topics that are read beside the table, in a thread of their own; after trouble, anew."""

import logging
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from headway.base.errors import TransientError
from headway.edges import kafka
from headway.following.batch import Batch, OffsetLost
from headway.following.follower import Follower, Spans
from status.aside import Aside

logger = logging.getLogger(__name__)

_RETRY_SECONDS: Final = 1.0
_JOIN_SECONDS: Final = 0.5
#: How long it gathers what is told at once: people read it.
_TURN_SECONDS: Final = 0.2
_BATCH_RECORDS: Final = 1000


@dataclass(kw_only=True)
class Listening(Aside):
    """A context that hands on what `_topics` say, from where `_spans` has it on."""

    #: Options of the client beside those of every one.
    _reading: ClassVar[Mapping[str, Any]]

    options: kafka.Options
    partitions: int

    def _topics(self) -> tuple[str, ...]:
        """Names on the cluster, each with `partitions`."""
        raise NotImplementedError

    def _spans(self) -> Spans:
        """How places begin."""
        raise NotImplementedError

    def _take(self, batch: Batch[str], *, behind: bool) -> None:
        """What was read in a turn, nothing included; *behind*: there is more that was there."""
        raise NotImplementedError

    def _begin(self) -> None:
        """Reading begins, for the first time or anew."""

    def _troubled(self) -> None:
        """Reading has ended before its time."""

    def _join_seconds(self) -> float:
        return _JOIN_SECONDS

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._read_until_trouble()
            except (OffsetLost, TransientError, kafka.KafkaException) as error:
                logger.warning("%s.not_read", self._name, extra={"error": kafka.describe(error)})
            except Exception:
                logger.exception("%s.trouble", self._name)
            self._troubled()
            self._stop.wait(_RETRY_SECONDS)

    def _read_until_trouble(self) -> None:
        topics = self._topics()
        follower = Follower(
            self.options,
            {topic: topic for topic in topics},
            self._spans(),
            reading=self._reading,
            most_records=_BATCH_RECORDS,
        )
        self._begin()
        with closing(follower):
            for topic in topics:
                for partition in range(self.partitions):
                    follower.add((topic, partition), 0)
            while not self._stop.is_set():
                batch = follower.read(_TURN_SECONDS)
                batch.check()
                self._take(batch, behind=bool(follower.behind))
