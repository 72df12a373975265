"""Numbers and values as they stand in a sentence a user reads."""

from typing import Final

_SHOWN_CHARACTERS: Final = 60
_PERCENT: Final = "\N{NO-BREAK SPACE}%"
#: Up to here a float holds every whole number.
_EXACT: Final = 1e15
_BYTES_PER_MB: Final = 1_000_000


def count(number: int, singular: str, plural: str = "") -> str:
    """`1 value`, `2,345 values`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def verb(number: int, singular: str, plural: str) -> str:
    return singular if number == 1 else plural


def percent(part: int, whole: int) -> str:
    """One decimal, and never `0.0 %` for some or `100.0 %` for not quite all."""
    if whole in {part, 0}:
        return f"100{_PERCENT}"
    share = 100 * part / whole
    if 0 < share < 0.1:  # noqa: PLR2004 - the least that one decimal can show
        return f"under 0.1{_PERCENT}"
    return f"{min(share, 99.9):.1f}{_PERCENT}"


def number(value: float, digits: int = 12) -> str:
    """As many significant digits as a value of the data has, thousands grouped."""
    if abs(value) < _EXACT and value == int(value):
        shown = f"{int(value):,}"
    elif 10**digits <= abs(value) < _EXACT:
        shown = f"{round(value):,}"
    else:
        shown = f"{value:,.{digits}g}"
    return shown.replace("-", "\N{MINUS SIGN}")


def signed(coefficient: float) -> str:
    return f"{coefficient:.2f}".replace("-", "\N{MINUS SIGN}")


def megabytes(size_bytes: int) -> str:
    return f"{size_bytes / _BYTES_PER_MB:.1f}".removesuffix(".0") + " MB"


def quoted(value: str) -> str:
    """A user's value in typographic quotes, on one line, cut to a readable length."""
    line = "".join(filter(str.isprintable, " ".join(value.split())))
    cut = line if len(line) <= _SHOWN_CHARACTERS else line[: _SHOWN_CHARACTERS - 1] + "…"
    return f"“{cut}”"


def listed(items: list[str], total: int) -> str:
    """`17, 18, 40`, or `17, 18, 40 and 5 more` when `items` are but the first of `total`."""
    more = total - len(items)
    return ", ".join(items) + (f" and {more:,} more" if more > 0 else "")
