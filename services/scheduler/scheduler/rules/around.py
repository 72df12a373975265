"""What rules of a lane are made with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from scheduler.passes.given import Given
from scheduler.rules.passing import Beside
from scheduler.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class Around:
    """The same for all lanes of a process; *lanes* is how many a pipeline has."""

    given: Given
    beside: Beside
    lanes: int


#: Makes a rule for the lane of that number.
MakeRule: TypeAlias = Callable[[Around, int], Rule]
