"""Whether a stage's window is open, lane by lane, as the scheduler says; by itself it is closed."""

import logging
import threading
from collections.abc import Mapping
from contextlib import closing
from typing import Any, Final, NamedTuple, Protocol

from headway.base.clock import Clock
from headway.base.errors import DecodeError, TransientError
from headway.edges import kafka
from headway.following.batch import OffsetLost
from headway.following.follower import Follower, as_written
from headway.wire.codec import Codec

logger = logging.getLogger(__name__)

_RECORD: Final = "stage-window"
#: How long an opening or a closing that nobody foresaw may stay unheard.
_READ_SECONDS: Final = 0.2
_RETRY_SECONDS: Final = 1.0
_BATCH_RECORDS: Final = 1000
_READING: Final[Mapping[str, Any]] = {"queued_max_messages_kbytes": 1024}


class Standing(NamedTuple):
    """What was said last of a lane; times in ms. It closes by itself at *until*."""

    open: bool = False
    until: int | None = None
    next_at: int | None = None


class Windows(Protocol):
    """What a stage needs to know of its window."""

    def is_open(self, index: int) -> bool:
        """Whether what waits in the lane of that number may begin just now."""
        ...

    def next_at(self, index: int) -> int | None:
        """The next opening that is planned (ms), as far as is known."""
        ...

    def start(self) -> None: ...
    def close(self) -> None: ...


class NoWindow:
    """Of a stage that has none."""

    def is_open(self, _: int) -> bool:
        return False

    def next_at(self, _: int) -> int | None:
        return None

    def start(self) -> None: ...
    def close(self) -> None: ...


class WindowWatch:
    """Keeps it known from a thread of its own; asked by any thread.

    What is believed when the cluster goes away is believed on, to its `until`.
    """

    def __init__(
        self,
        options: kafka.Options,
        topic: str,
        codec: Codec,
        *,
        stage: str,
        partitions: int,
        clock: Clock,
    ) -> None:
        self._options = options
        self._topic = topic
        self._codec = codec
        self._stage = stage
        self._partitions = partitions
        self._clock = clock
        self._standing: dict[int, Standing] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="windows", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Let the thread end when it can; waits for nothing."""
        self._stop.set()

    def is_open(self, index: int) -> bool:
        standing = self._standing.get(index)
        if standing is None or not standing.open:
            return False
        return standing.until is None or self._clock.now_ms() < standing.until

    def next_at(self, index: int) -> int | None:
        told = self._standing.get(index, Standing()).next_at
        return told if told is not None and told > self._clock.now_ms() else None

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._follow()
            except (OffsetLost, TransientError, kafka.KafkaException) as error:
                logger.warning("window.not_read", extra={"error": kafka.describe(error)})
            except Exception:
                logger.exception("window.trouble")
            self._stop.wait(_RETRY_SECONDS)

    def _follow(self) -> None:
        follower = Follower(
            self._options,
            {self._topic: _RECORD},
            as_written(self._options),
            reading=_READING,
            most_records=_BATCH_RECORDS,
        )
        with closing(follower):
            for index in range(self._partitions):
                follower.add((_RECORD, index), kafka.OFFSET_BEGINNING)
            heard: dict[int, Standing] = {}
            while not self._stop.is_set():
                batch = follower.read(_READ_SECONDS)
                batch.check()
                for message in batch.of(_RECORD):
                    self._hear(message, heard)
                # What was said before the last word is not believed meanwhile.
                for index in [i for i in heard if (_RECORD, i) not in follower.behind]:
                    self._believe(index, heard.pop(index))

    def _hear(self, message: kafka.Message, heard: dict[int, Standing]) -> None:
        index = message.partition() or 0
        if message.key() != self._stage.encode():
            return
        if message.value() is None:
            heard[index] = Standing()
            return
        try:
            value = self._codec.decode(message.value(), _RECORD)
        except DecodeError as error:
            logger.warning("window.undecodable", extra={"partition": index, "error": str(error)})
            return
        heard[index] = Standing(value["open"], value["until"], value["next_at"])

    def _believe(self, index: int, said: Standing) -> None:
        if said.open != self._standing.get(index, Standing()).open:
            told = {"partition": index, "open": said.open, "until": said.until}
            logger.info("window.told", extra=told)
        self._standing[index] = said
