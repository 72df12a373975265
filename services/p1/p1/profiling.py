"""Puts a file's profile together."""

from collections.abc import Callable
from typing import Final

from p1.columns import column as columns
from p1.columns.correlation import Correlator
from p1.document.profile import FORMAT_VERSION, Column, Finding, Profile
from p1.document.profile import Source as SourceFacts
from p1.findings import column as findings
from p1.findings import file as filefindings
from p1.reading import delimiter
from p1.reading.encoding import Encoding
from p1.reading.ingest import Ingested
from p1.reading.source import Source

#: Any producer may write a record, with a title of any length; pages show what is kept.
_TITLE_MAX_CHARACTERS: Final = 200


def profile_file(
    title: str,
    source: Source,
    encoding: Encoding,
    ingested: Ingested,
    progress: Callable[[float], None],
) -> Profile:
    names, correlator = ingested.reading.header.names, Correlator()
    profiled: list[Column] = []
    for values in ingested.table.columns():
        progress(values.index / len(names))
        tally = ingested.tallies[values.index]
        profiled.append(columns.profile(names[values.index], values, tally, correlator))
    correlation = correlator.matrix()
    facts = SourceFacts(
        source.size_bytes, encoding.name, delimiter.name(ingested.reading.delimiter)
    )
    return Profile(
        format_version=FORMAT_VERSION,
        title=title[:_TITLE_MAX_CHARACTERS],
        source=facts,
        rows=ingested.table.rows,
        missing_cells=sum(column.missing for column in profiled),
        empty_rows=ingested.empty_rows,
        # A row of one value repeats whenever the value does: that tells nothing.
        duplicate_rows=ingested.duplicate_rows if len(names) > 1 else None,
        columns=profiled,
        correlation=correlation,
        findings=_gravest_first(
            [
                *_of_file(encoding, ingested, profiled),
                *_of_columns(ingested, profiled),
                *filefindings.of_correlation(correlation, profiled),
            ]
        ),
    )


def _gravest_first(found: list[Finding]) -> list[Finding]:
    return sorted(found, key=lambda finding: ("problem", "warning", "note").index(finding.level))


def _of_file(encoding: Encoding, ingested: Ingested, profiled: list[Column]) -> list[Finding]:
    named = [found for found in ingested.reading.header.findings if found.column is None]
    return named + list(
        filefindings.of_file(
            encoding=encoding,
            columns=profiled,
            rows=ingested.table.rows,
            blank_lines=ingested.reading.blank_lines,
            empty_rows=ingested.empty_rows,
            duplicate_rows=ingested.duplicate_rows if len(profiled) > 1 else None,
        )
    )


def _of_columns(ingested: Ingested, profiled: list[Column]) -> list[Finding]:
    of_header = ingested.reading.header.findings
    return [
        found
        for column in profiled
        for found in (
            *(named for named in of_header if named.column == column.index),
            *findings.of_column(column, ingested.tallies[column.index]),
        )
    ]
