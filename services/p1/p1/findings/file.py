"""What a person should know about the file as a whole."""

from collections.abc import Iterator
from typing import Final

from p1.document import words
from p1.document.profile import Column, Correlation, Finding
from p1.reading.encoding import Encoding

_STRONG: Final = 0.8
_PAIRS_TOLD: Final = 5


def of_file(
    *,
    encoding: Encoding,
    columns: list[Column],
    rows: int,
    blank_lines: int,
    empty_rows: int,
    duplicate_rows: int | None,
) -> Iterator[Finding]:
    if duplicate_rows:
        text = (
            f"{words.count(duplicate_rows, 'row')} "
            f"{words.verb(duplicate_rows, 'repeats', 'repeat')} an earlier row exactly "
            f"({words.percent(duplicate_rows, rows)})."
        )
        yield Finding("warning", "duplicate-rows", None, text)
    if empty_rows:
        have = words.verb(empty_rows, "has", "have")
        text = f"{words.count(empty_rows, 'row')} {have} no value in any column."
        yield Finding("warning", "empty-rows", None, text)
    if len(columns) == 1:
        text = (
            "Only one column was found. If the values are separated by another character than "
            "a comma, semicolon, tab or vertical bar, name it when you submit the file."
        )
        yield Finding("note", "one-column", None, text)
    if encoding.guessed:
        text = (
            f"The file is not UTF-8; it was read as {encoding.name}. If letters with accents "
            "look wrong, save it as UTF-8."
        )
        yield Finding("warning", "encoding", None, text)
    if blank_lines:
        were = words.verb(blank_lines, "was", "were")
        text = f"{words.count(blank_lines, 'blank line')} {were} skipped."
        yield Finding("note", "blank-lines", None, text)


def of_correlation(correlation: Correlation | None, columns: list[Column]) -> Iterator[Finding]:
    """The strongest pairs."""
    if correlation is None:
        return
    pairs = [
        (coefficient, correlation.columns[a], correlation.columns[b])
        for a, line in enumerate(correlation.coefficients)
        for b, coefficient in enumerate(line)
        if a < b and coefficient is not None and abs(coefficient) >= _STRONG
    ]
    pairs.sort(key=lambda pair: (-abs(pair[0]), pair[1], pair[2]))
    for coefficient, a, b in pairs[:_PAIRS_TOLD]:
        way = "together" if coefficient > 0 else "in opposite directions"
        text = (
            f"{words.quoted(columns[a].name)} and {words.quoted(columns[b].name)} move {way} "
            f"(correlation {words.signed(coefficient)})."
        )
        yield Finding("note", "correlated", None, text)
