"""The profile of a file: the JSON document P1 writes and others read, version 1.

`schemas/documents/profile.v1.avsc` declares it and says what each field means; the fields below
are the declared ones, in their order. Columns are named by index, so a profile stays readable when
names are long or strange. The same file gives the same bytes: nothing tells time or chance.
"""

import json
from dataclasses import asdict, dataclass
from typing import Final, Literal

FORMAT_VERSION: Final = 1

Kind = Literal["integer", "number", "boolean", "date", "datetime", "text", "empty"]
Level = Literal["problem", "warning", "note"]
Unit = Literal["hour", "day", "week", "month", "quarter", "year", "decade", "century"]


@dataclass(frozen=True, slots=True)
class ValueCount:
    """A value and how many rows have it; `value` may be cut, see texts."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Example:
    """A value as written in the file, and its row."""

    row: int
    value: str


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts per bin; bin i covers edges[i] up to edges[i + 1], the last one its end as well."""

    edges: list[float]
    counts: list[int]
    below: int
    above: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """Key figures of a numeric column; outliers lie beyond 1.5 interquartile ranges."""

    min: float
    max: float
    mean: float
    std: float | None
    q1: float
    median: float
    q3: float
    zeros: int
    negatives: int
    fence_low: float
    fence_high: float
    whisker_low: float
    whisker_high: float
    outliers: int
    examples: list[Example]
    histogram: Histogram


@dataclass(frozen=True, slots=True)
class Text:
    """The most frequent values, and how long values are, in characters."""

    top: list[ValueCount]
    exact: bool
    case_variants: list[str]
    shortest: int
    longest: int
    mean_length: float
    shortest_value: str
    longest_value: str


@dataclass(frozen=True, slots=True)
class Bucket:
    """Rows whose date falls in the unit that starts on `start` (ISO 8601)."""

    start: str
    count: int


@dataclass(frozen=True, slots=True)
class Dates:
    """Range of a date column and counts per `unit`, gaps filled with zeros."""

    first: str
    last: str
    format: str
    ambiguous: bool
    unit: Unit
    buckets: list[Bucket]


@dataclass(frozen=True, slots=True)
class Booleans:
    """How often each of the two values stands, spelled as in the file, in lower case."""

    true_label: str
    true: int
    false_label: str
    false: int


@dataclass(frozen=True, slots=True)
class Column:
    """One column. rows = values + missing; of the values `unfit` do not parse as its kind."""

    index: int
    name: str
    kind: Kind
    values: int
    missing: int
    missing_forms: list[ValueCount]
    distinct: int
    distinct_exact: bool
    padded: int
    unfit: int
    unfit_examples: list[Example]
    numbers: Numbers | None
    text: Text | None
    dates: Dates | None
    booleans: Booleans | None


@dataclass(frozen=True, slots=True)
class Correlation:
    """Pearson's coefficients between `columns`, from rows where both have a value."""

    columns: list[int]
    rows: int
    coefficients: list[list[float | None]]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a person should know; of the whole file when `column` is null."""

    level: Level
    code: str
    column: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Source:
    """The file as it was found."""

    size_bytes: int
    encoding: str
    delimiter: str


@dataclass(frozen=True, slots=True)
class Profile:
    """All that P1 has found in a file."""

    format_version: int
    title: str
    source: Source
    rows: int
    missing_cells: int
    empty_rows: int
    duplicate_rows: int | None
    columns: list[Column]
    correlation: Correlation | None
    findings: list[Finding]


def to_json(profile: Profile) -> bytes:
    return json.dumps(
        asdict(profile), ensure_ascii=False, allow_nan=False, separators=(",", ":")
    ).encode()
