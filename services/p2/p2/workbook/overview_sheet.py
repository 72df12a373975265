"""The workbook's first sheet: the file in ten lines."""

from collections.abc import Iterator
from typing import Any, Final

from p2.document import words
from p2.document.profile import Profile
from p2.workbook.formats import Format, Formats, write_text

_FIRST_ROW: Final = 2


def fill(sheet: Any, profile: Profile, looks: Formats) -> None:
    # 2 is: on the screen as well as in print.
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 28)
    sheet.set_row(0, 28)
    write_text(sheet, 0, 0, profile["title"], looks.title)
    for row, (label, value, look) in enumerate(_facts(profile, looks), start=_FIRST_ROW):
        write_text(sheet, row, 0, label, looks.label)
        if isinstance(value, str):
            write_text(sheet, row, 1, value, looks.text)
        else:
            sheet.write_number(row, 1, value, look)


def _facts(profile: Profile, looks: Formats) -> Iterator[tuple[str, str | float, Format]]:
    cells = profile["rows"] * len(profile["columns"])
    duplicates, source = profile["duplicate_rows"], profile["source"]
    yield "Rows", profile["rows"], looks.whole
    yield "Columns", len(profile["columns"]), looks.whole
    yield "Cells filled", 1 - profile["missing_cells"] / cells, looks.percent
    yield "Missing cells", profile["missing_cells"], looks.whole
    yield "Empty rows", profile["empty_rows"], looks.whole
    yield "Duplicate rows", "not checked" if duplicates is None else duplicates, looks.whole
    yield "Findings", len(profile["findings"]), looks.whole
    yield "Size", words.size(source["size_bytes"]), looks.text
    yield "Encoding", source["encoding"], looks.text
    yield "Values separated by", source["delimiter"], looks.text
