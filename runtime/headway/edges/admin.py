"""Questions to the cluster about groups and offsets, each bounded; and one change of a topic."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from headway.base.clock import Clock, SystemClock
from headway.edges import kafka

#: Longest wait for the answer to one question.
_QUERY_SECONDS: Final = 10.0
_PAUSE_SECONDS: Final = 0.05
#: The time limit of a question to a group's coordinator; the most that the client takes. One that
#: times out is freed twice by librdkafka 2.16 once the coordinator is there again, which ends the
#: process (its issues 3663 and 4605): whoever waits no longer closes the client instead.
UNTIL_CLOSED_SECONDS: Final = 3600.0
#: Twice the longest time a request of the client may take by its own defaults.
_REST_SECONDS: Final = 120.0
#: The caller has let go by then.
_MOMENT_SECONDS: Final = 1.0
#: Pauses between replacements of clients that cannot answer double from the first to the last.
_PACE_SECONDS: Final = 1.0
_LONGEST_PACE_SECONDS: Final = 30.0
#: Said of a group by a cluster that has had none yet, or whose coordinator has just moved.
NO_COORDINATOR: Final = frozenset(
    {kafka.KafkaError.NOT_COORDINATOR, kafka.KafkaError.COORDINATOR_NOT_AVAILABLE}
)
#: The last of them comes from a leader just elected, until its followers have caught up (KIP-207).
_NO_LEADER: Final = frozenset(
    {
        kafka.KafkaError.NOT_LEADER_FOR_PARTITION,
        kafka.KafkaError.LEADER_NOT_AVAILABLE,
        kafka.KafkaError.OFFSET_NOT_AVAILABLE,
    }
)

#: What stands for a moment in the client's questions about offsets.
_LATEST: Final = -1
_EARLIEST: Final = -2
#: The answer for a moment behind all records; what is below it is no answer.
_NONE: Final = -1

T = TypeVar("T")

#: A partition of a topic.
Place = tuple[str, int]


def let_go_later(client: object) -> None:
    """Take leave of a client that is of no more use, without waiting for it.

    It is closed when all it was asked has long been answered or timed out.
    """
    _let_go(client, _REST_SECONDS)


def close_beside(client: object) -> None:
    """Close a client in a thread of its own, soon; what it was asked is answered no more.

    Whoever lets go of it last closes it, and waits for that: the caller must not keep it.
    """
    _let_go(client, _MOMENT_SECONDS)


def _let_go(client: object, rest_seconds: float) -> None:
    kept = [client]

    def rest() -> None:
        threading.Event().wait(rest_seconds)
        kept.clear()

    threading.Thread(target=rest, name="retired-client", daemon=True).start()


@dataclass(slots=True)
class Pace:
    """Whether a client that could not answer is replaced: at once, then at pauses that double.

    A cluster that is away is not helped by ever more clients, and each of them has threads and
    connections until it is closed: a machine too slow to answer in time would have ever less time.
    """

    pause_seconds: float = 0.0
    _not_before: float = float("-inf")

    def replaces(self, now: float) -> bool:
        """Whether one that failed *now* (monotonic s) is to be replaced; it counts as if it was."""
        if now < self._not_before:
            return False
        self.pause_seconds = min(max(2 * self.pause_seconds, _PACE_SECONDS), _LONGEST_PACE_SECONDS)
        self._not_before = now + self.pause_seconds
        return True

    def answered(self) -> None:
        """There was an answer: the next one that fails is replaced at once again."""
        self.pause_seconds, self._not_before = 0.0, float("-inf")


class Questions:
    """Asks again and again, by a client that is replaced when it could not answer.

    Most questions go to the controller, and librdkafka looks for another one every five minutes
    only: a client whose controller has gone answers nothing meanwhile, though others would.
    Safe to share by threads.
    """

    def __init__(self, options: kafka.Options, clock: Clock | None = None) -> None:
        self._options = options
        self._clock = clock or SystemClock()
        #: As many as were ever asked at the same time.
        self._idle: list[kafka.AdminClient] = []
        self._pace = Pace()

    def ask(self, question: Callable[[kafka.AdminClient], T]) -> T:
        """The answer of *question*, which waits for it itself."""
        client = self._taken()
        try:
            answer = question(client)
        except BaseException:
            if self._pace.replaces(self._clock.monotonic()):
                let_go_later(client)
            else:
                self._idle.append(client)
            raise
        self._idle.append(client)
        self._pace.answered()
        return answer

    def _taken(self) -> kafka.AdminClient:
        try:
            return self._idle.pop()
        except IndexError:
            return kafka.admin_client(self._options)


def set_option(name: str, value: str) -> kafka.ConfigEntry:
    """The change of one option of a topic."""
    operation = kafka.AlterConfigOpType.SET
    return kafka.ConfigEntry(name, value, incremental_operation=operation)


def group_members(admin: kafka.AdminClient, groups: list[str]) -> dict[str, int]:
    """How many members each of *groups* has; none if there is no such group. Blocks.

    Raises:
        KafkaException: no answer in ten seconds, or a refusal.
    """
    deadline = time.monotonic() + _QUERY_SECONDS
    while True:
        answers = admin.describe_consumer_groups(groups, request_timeout=UNTIL_CLOSED_SECONDS)
        try:
            return {
                group: len(future.result(deadline - time.monotonic()).members)
                for group, future in answers.items()
            }
        except TimeoutError:
            raise kafka.KafkaException(_no_answer()) from None
        except kafka.KafkaException as error:
            # On a cluster that has had no group yet, none has a coordinator for a moment.
            if error.args[0].code() not in NO_COORDINATOR or time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_SECONDS)


def _no_answer() -> kafka.KafkaError:
    return kafka.KafkaError(kafka.KafkaError._TIMED_OUT)  # noqa: SLF001 - its only name


def ends(
    admin: kafka.AdminClient, places: Iterable[Place], isolation: kafka.IsolationLevel
) -> dict[Place, int]:
    """Where each partition ends for a reader of that isolation. Blocks for ten seconds at most.

    Read committed, that is the last stable offset, else the high watermark. A partition that
    cannot be asked just now is left out.

    Raises:
        KafkaException: none could be asked.
    """
    return _listed(admin, dict.fromkeys(places, _LATEST), isolation)


def beginnings(admin: kafka.AdminClient, places: Iterable[Place]) -> dict[Place, int]:
    """The first offset of each partition; asks, leaves out and raises as `ends` does."""
    return _listed(admin, dict.fromkeys(places, _EARLIEST))


def since(admin: kafka.AdminClient, moments: Mapping[Place, int]) -> dict[Place, int | None]:
    """The first offset of each partition whose record is of its moment (ms) or later.

    None where all records are earlier. Asks, leaves out and raises as `ends` does.
    """
    found = _listed(admin, moments)
    return {place: None if offset < 0 else offset for place, offset in found.items()}


def _listed(
    admin: kafka.AdminClient,
    asked: Mapping[Place, int],
    isolation: kafka.IsolationLevel = kafka.IsolationLevel.READ_UNCOMMITTED,
) -> dict[Place, int]:
    """What the cluster says of each place and moment (ms), or `_LATEST` or `_EARLIEST`."""
    specs = {kafka.TopicPartition(*place): _spec(at) for place, at in asked.items()}
    answers = admin.list_offsets(specs, isolation_level=isolation, request_timeout=_QUERY_SECONDS)
    found, trouble = {}, None
    for place, future in answers.items():
        try:
            offset = future.result().offset
        except kafka.KafkaException as error:
            trouble = error
            continue
        # Where a leader is not reached, the client may tell "invalid" instead of raising.
        if offset >= _NONE:
            found[place.topic, place.partition] = offset
    if answers and not found:
        raise trouble or kafka.KafkaException(_no_answer())
    return found


def _spec(at: int) -> kafka.OffsetSpec:
    spec: Any = kafka.OffsetSpec  # the client's own types tell nothing of it
    fixed = {_LATEST: spec.latest(), _EARLIEST: spec.earliest()}
    found: kafka.OffsetSpec = fixed.get(at) or spec.for_timestamp(at)
    return found


def watermarks(asking: kafka.Consumer, place: kafka.TopicPartition) -> tuple[int, int]:
    """First and next offset of a partition as *asking* may see it. Blocks.

    A partition whose leader is just being elected or moved is asked for again.

    Raises:
        KafkaException: no answer in ten seconds, or a refusal.
    """
    deadline = time.monotonic() + _QUERY_SECONDS
    while True:
        try:
            return asking.get_watermark_offsets(place, timeout=_QUERY_SECONDS)
        except kafka.KafkaException as error:
            if error.args[0].code() not in _NO_LEADER or time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_SECONDS)
