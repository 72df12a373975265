"""The correlations as a table of shaded cells."""

from dataclasses import dataclass
from typing import Final

from p2.document.profile import Column, Correlation

#: Shades from -5 to 5; what colour each has, the style sheet says for light and dark.
_SHADES: Final = 5
_NONE: Final = "·"


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    shade: int


@dataclass(frozen=True, slots=True)
class Row:
    number: int
    column: Column
    cells: list[Cell]


def rows(correlation: Correlation, columns: list[Column]) -> list[Row]:
    return [
        Row(number, columns[index], [_cell(coefficient) for coefficient in line])
        for number, (index, line) in enumerate(
            zip(correlation["columns"], correlation["coefficients"], strict=True), start=1
        )
    ]


def _cell(coefficient: float | None) -> Cell:
    if coefficient is None:
        return Cell(_NONE, 0)
    text = f"{coefficient:.2f}".replace("-", "\N{MINUS SIGN}")
    return Cell(text, round(coefficient * _SHADES))
