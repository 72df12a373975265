"""The findings as a reader meets them: the same sentence about several columns is told once."""

from dataclasses import dataclass

from p2.document.profile import Column, Finding, Level


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence and the columns it is about; none for the whole file."""

    level: Level
    text: str
    columns: list[Column]


def of_file(findings: list[Finding], columns: list[Column]) -> list[Notice]:
    """Gravest first, else in the order of the file's columns."""
    notices: dict[tuple[str, str], Notice] = {}
    for finding in findings:
        notice = notices.setdefault(
            (finding["code"], finding["text"]), Notice(finding["level"], finding["text"], [])
        )
        if finding["column"] is not None:
            notice.columns.append(columns[finding["column"]])
    # P1 has put the gravest first.
    return list(notices.values())


def of_column(findings: list[Finding], index: int) -> list[Finding]:
    """The column's own, but for missing values: its card counts them already."""
    return [
        finding
        for finding in findings
        if finding["column"] == index and finding["code"] != "missing"
    ]
