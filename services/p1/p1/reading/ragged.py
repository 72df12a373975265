"""Rows with more or fewer values than the header: gathered, then told all at once."""

from dataclasses import dataclass, field
from typing import Final

from headway import PermanentError
from p1.document import words
from p1.reading import delimiter

_LINES_NAMED: Final = 10


@dataclass(slots=True)
class RaggedRows:
    """How many there are, and the first few lines with their number of values."""

    total: int = 0
    first: list[tuple[int, int]] = field(default_factory=list)

    @property
    def names_more(self) -> bool:
        """Whether more lines are to be named; of the others their number is enough."""
        return len(self.first) < _LINES_NAMED

    def name(self, line: int, values: int) -> None:
        """Tell of this one by its line, if not too many were told of; does not count it."""
        if self.names_more:
            self.first.append((line, values))

    def refuse(self, columns: int, separator: str) -> None:
        """Raise PermanentError when there are any."""
        if not self.total:
            return
        line, values = self.first[0]
        raise PermanentError(
            f"Line {line:,} has {words.count(values, 'value')} but the header names "
            f"{words.count(columns, 'column')}{self._others()} "
            f"{words.verb(self.total, 'Fix this line', 'Fix these lines')}, or put values that "
            f"contain a {delimiter.name(separator)} in double quotes."
        )

    def _others(self) -> str:
        if self.total == 1:
            return "."
        lines = words.listed([f"{line:,}" for line, _ in self.first], self.total)
        return f"; {self.total:,} lines are like that ({lines})."
