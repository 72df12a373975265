"""What lies around a handler: each wrapper takes the next call and gives one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TypeAlias

from headway.declared.handler import Done, Job
from headway.taking.task import Outcome, Task


@dataclass(frozen=True, slots=True)
class Ended:
    """A wrapper's own word on the task, in place of what the handler would have returned."""

    outcome: Outcome


#: One call: what the handler returned, or a wrapper's word; raises what the handler raised.
Call: TypeAlias = Callable[[Task, Job], Done | Ended]

#: Makes a call of a call. Both are used by many threads at once.
Wrapper: TypeAlias = Callable[[Call], Call]


def wrapped(call: Call, wrappers: Sequence[Wrapper]) -> Call:
    """*call* inside *wrappers*, the first of them outermost."""
    return reduce(lambda inner, wrapper: wrapper(inner), reversed(wrappers), call)
