"""The columns' names: the first row, made unique and complete."""

from dataclasses import dataclass, field
from typing import Final

from headway import PermanentError
from p1.document import words
from p1.document.profile import Finding

_NAME_MAX_CHARACTERS: Final = 200


@dataclass(frozen=True, slots=True)
class Header:
    """Unique, non-blank names in the file's order, and what had to be done for that."""

    names: list[str]
    findings: list[Finding] = field(default_factory=list)


def read(row: list[str], *, columns_max: int) -> Header:
    """Make the first row a header.

    Raises:
        PermanentError: it has more than `columns_max` values.
    """
    if len(row) > columns_max:
        raise PermanentError(
            f"The header names {len(row):,} columns; the limit is {columns_max:,}. "
            "Leave out columns you do not need, or check the character between the values."
        )
    header = Header([])
    taken: set[str] = set()
    for index, cell in enumerate(row):
        name = _unique(_name(cell, index, header), taken, index, header)
        taken.add(name)
        header.names.append(name)
    _note_data_in_header(row, header)
    return header


def _name(cell: str, index: int, header: Header) -> str:
    name = "".join(filter(str.isprintable, " ".join(cell.split())))
    if not name:
        header.findings.append(
            Finding("warning", "blank-name", index, "The header leaves this column without a name.")
        )
        return f"column {index + 1}"
    return name if len(name) <= _NAME_MAX_CHARACTERS else name[: _NAME_MAX_CHARACTERS - 1] + "…"


def _unique(name: str, taken: set[str], index: int, header: Header) -> str:
    if name not in taken:
        return name
    number = 2
    while f"{name} ({number})" in taken:
        number += 1
    header.findings.append(
        Finding(
            "warning",
            "duplicate-name",
            index,
            f"The header names {words.quoted(name)} more than once; this is number {number}.",
        )
    )
    return f"{name} ({number})"


def _note_data_in_header(row: list[str], header: Header) -> None:
    filled = [cell for cell in row if cell.strip()]
    if filled and all(_is_number(cell) for cell in filled):
        text = (
            "The first line holds only numbers, yet it was taken as the header. "
            "If it is data, put a line with the columns' names above it."
        )
        header.findings.append(Finding("problem", "header-is-data", None, text))


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
