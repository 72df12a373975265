"""Numbers, dates and shares as a reader of the report sees them."""

from datetime import datetime
from typing import Final

from p2.document.profile import Unit

#: Up to here a float holds every whole number.
_EXACT: Final = 1e15
_SUFFIXES: Final = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))
_SHORTENED_FROM: Final = 10_000
_PERCENT: Final = "\N{NO-BREAK SPACE}%"
_SIZES: Final = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
#: From here on the next unit is named: 999.5 kB would be shown as 1000 kB.
_NEXT_UNIT: Final = 0.9995
_ONE_DIGIT: Final = 10


def count(number: int, singular: str, plural: str = "") -> str:
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def number(value: float) -> str:
    """A computed figure: five significant digits, thousands grouped, whole numbers whole."""
    return _figure(value, 5)


def exact(value: float) -> str:
    """A value of the data: as many digits as it has."""
    return _figure(value, 12)


def _figure(value: float, digits: int) -> str:
    if abs(value) < _EXACT and value == int(value):
        return _minus(f"{int(value):,}")
    if 10**digits <= abs(value) < _EXACT:
        return _minus(f"{round(value):,}")
    return _minus(f"{value:,.{digits}g}")


def short(value: float) -> str:
    """As an axis has room for: `12.5k`, `3M`, `0.25`."""
    for size, suffix in _SUFFIXES:
        if abs(value) >= max(size, _SHORTENED_FROM):
            return _minus(f"{value / size:.4g}{suffix}")
    return _minus(f"{value:,.6g}")


def percent(part: int, whole: int) -> str:
    """One decimal, and never `0.0 %` for some or `100.0 %` for not quite all."""
    if whole in {part, 0}:
        return f"100{_PERCENT}"
    share = 100 * part / whole
    if 0 < share < 0.1:  # noqa: PLR2004 - the least that one decimal can show
        return f"< 0.1{_PERCENT}"
    return f"{min(share, 99.9):.1f}{_PERCENT}"


def size(size_bytes: int) -> str:
    """In decimal units, as the page shows the same file's size."""
    if size_bytes < 1000:  # noqa: PLR2004 - bytes of a kB
        return count(size_bytes, "byte")
    unit, name = next(s for s in _SIZES if size_bytes >= s[0] * _NEXT_UNIT)
    value = size_bytes / unit
    return f"{value:.1f} {name}" if value < _ONE_DIGIT else f"{value:.0f} {name}"


def moment(iso: str) -> str:
    """`11 Nov 2007`, or with a time of day `11 Nov 2007, 14:05`."""
    at = datetime.fromisoformat(iso)
    day = f"{at.day} {at:%b} {at.year}"
    return f"{day}, {at:%H:%M}" if "T" in iso else day


def bucket(iso: str, unit: Unit) -> str:
    """The span of time that starts then."""
    at = datetime.fromisoformat(iso)
    match unit:
        case "hour":
            return f"{at.day} {at:%b} {at:%H:%M}"
        case "day" | "week":
            return f"{at.day} {at:%b} {at.year}"
        case "month":
            return f"{at:%b} {at.year}"
        case "quarter":
            return f"Q{(at.month + 2) // 3} {at.year}"
        case "year":
            return f"{at.year}"
        case "decade" | "century":
            return f"{at.year}s"


def _minus(digits: str) -> str:
    return digits.replace("-", "\N{MINUS SIGN}")
