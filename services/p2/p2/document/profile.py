"""What P2 reads of a profile: `schemas/documents/profile.v1.avsc` declares all of it.

A field that is not read here may change without this stage.
"""

import json
from typing import Final, Literal, TypedDict, cast

from headway import PermanentError

FORMAT_VERSION: Final = 1

Kind = Literal["integer", "number", "boolean", "date", "datetime", "text", "empty"]
Level = Literal["problem", "warning", "note"]
Unit = Literal["hour", "day", "week", "month", "quarter", "year", "decade", "century"]


class ValueCount(TypedDict):
    value: str
    count: int


class Example(TypedDict):
    row: int
    value: str


class Histogram(TypedDict):
    edges: list[float]
    counts: list[int]
    below: int
    above: int


class Numbers(TypedDict):
    min: float
    max: float
    mean: float
    std: float | None
    q1: float
    median: float
    q3: float
    zeros: int
    negatives: int
    whisker_low: float
    whisker_high: float
    outliers: int
    examples: list[Example]
    histogram: Histogram


class Text(TypedDict):
    top: list[ValueCount]
    exact: bool
    shortest: int
    longest: int


class Bucket(TypedDict):
    start: str
    count: int


class Dates(TypedDict):
    first: str
    last: str
    format: str
    unit: Unit
    buckets: list[Bucket]


class Booleans(TypedDict):
    true_label: str
    true: int
    false_label: str
    false: int


class Column(TypedDict):
    index: int
    name: str
    kind: Kind
    values: int
    missing: int
    distinct: int
    distinct_exact: bool
    unfit: int
    numbers: Numbers | None
    text: Text | None
    dates: Dates | None
    booleans: Booleans | None


class Correlation(TypedDict):
    columns: list[int]
    rows: int
    coefficients: list[list[float | None]]


class Finding(TypedDict):
    level: Level
    code: str
    column: int | None
    text: str


class Source(TypedDict):
    size_bytes: int
    encoding: str
    delimiter: str


class Profile(TypedDict):
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


def load(data: bytes) -> Profile:
    """Read a profile.

    Raises:
        PermanentError: it is no profile, or of a version this program does not know.
    """
    try:
        loaded = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise PermanentError(
            "The profile of the file is damaged. Submit the file again."
        ) from error
    version = loaded.get("format_version") if isinstance(loaded, dict) else None
    if version != FORMAT_VERSION:
        raise PermanentError(
            f"The profile of the file has format {version}, this report needs "
            f"{FORMAT_VERSION}. Submit the file again."
        )
    return cast("Profile", loaded)
