"""What each job is to do and to end as: its title, the commands it is given, its ends."""

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NamedTuple

RETRY = "retry"
CANCEL = "cancel"


class When(Enum):
    """What a command waits for."""

    BEFORE = auto()
    SUBMITTED = auto()
    RUNNING = auto()
    WAITING = auto()
    FAILED = auto()
    COMPLETED = auto()
    CANCELLED = auto()


class Answer(Enum):
    """What has to become of a command to retry; cancels have no answer."""

    ACCEPTED = auto()
    REFUSED = auto()
    EITHER = auto()


class End(NamedTuple):
    """How an attempt ends; *error* and *tries* (later ones it had) are those of a failure."""

    status: str
    stage: str
    error: str = ""
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Order:
    """A command, given once *attempt* has come to *when*; *of* is the attempt that it names.

    Of several *copies* all have one `command_id`.
    """

    kind: str
    when: When
    attempt: int
    of: int
    stage: str = ""
    answer: Answer = Answer.EITHER
    copies: int = 1

    @property
    def opens(self) -> bool:
        """Whether an attempt comes of it."""
        return self.kind == RETRY and self.answer is Answer.ACCEPTED


@dataclass(frozen=True, slots=True)
class Plan:
    """Of one job; `ends` has one for each attempt, if nobody cancels it.

    A kind is asked to be there at least once in a run. `twice`: it is submitted twice.
    """

    kind: str
    job_id: str
    title: str
    ends: tuple[End, ...]
    orders: tuple[Order, ...] = field(default=())
    twice: bool = False

    @property
    def cancelled(self) -> frozenset[int]:
        """Attempts that may end as CANCELLED."""
        return frozenset(order.of for order in self.orders if order.kind == CANCEL)

    def owes(self, attempt: int) -> bool:
        """Whether an attempt follows the failure of that one."""
        return any(order.opens and order.of == attempt for order in self.orders)


def retry(of: int, stage: str, answer: Answer = Answer.ACCEPTED, copies: int = 1) -> Order:
    """As soon as it has failed."""
    return Order(RETRY, When.FAILED, of, of, stage, answer, copies)


def cancel(when: When, attempt: int = 1) -> Order:
    """Of the attempt that it waits for."""
    return Order(CANCEL, when, attempt, attempt)
