"""The workbook, read back: typed figures, text that stays text, charts over their own numbers."""

import io
import zipfile
from typing import Any
from xml.etree import ElementTree as ET

import openpyxl
import pytest
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from support.stages.handling import Handlers

FORMULAS = ["=1+1", "+1+1", "-1+cmd|' /C calc'!A1", "@SUM(A1)", "{=A1}", '=HYPERLINK("x")']


def read(data: bytes) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(data))


def rows(sheet: Worksheet) -> list[dict[str, object]]:
    heads, *lines = sheet.iter_rows(values_only=True)
    return [dict(zip(map(str, heads), line, strict=True)) for line in lines]


@pytest.fixture
def book(handlers: Handlers, penguins: bytes) -> Workbook:
    return read(handlers.xlsx(penguins, "penguins.csv"))


def test_the_sheets_go_from_the_whole_to_the_parts(book: Workbook) -> None:
    """Overview first, the numbers behind the charts last."""
    # Given a real file's workbook, when it is opened, then the first sheet has the whole in figures
    assert book.sheetnames == ["Overview", "Columns", "Findings", "Charts", "Distributions"]
    assert book["Overview"]["A1"].value == "penguins.csv"
    facts = {line[0]: line[1] for line in book["Overview"].iter_rows(min_row=3, values_only=True)}
    assert (facts["Rows"], facts["Columns"], facts["Missing cells"]) == (344, 17, 336)
    assert facts["Cells filled"] == pytest.approx(1 - 336 / 5848)


def test_every_column_has_a_line_of_figures(book: Workbook) -> None:
    """Figures are numbers one can calculate with."""
    # Given a real file's workbook, when the columns' sheet is read
    lines = rows(book["Columns"])

    # Then numbers, dates and words each have their figures on their line
    assert len(lines) == 17
    mass = next(line for line in lines if line["Column"] == "Body Mass (g)")
    assert (mass["Minimum"], mass["Median"], mass["Maximum"]) == (2700, 4050, 6300)
    assert (mass["Values"], mass["Missing"]) == (342, 2)
    day = next(line for line in lines if line["Column"] == "Date Egg")
    assert (day["First"], day["Last"]) == ("2007-11-09", "2009-12-01")
    island = next(line for line in lines if line["Column"] == "Island")
    assert (island["Most frequent"], island["Times"]) == ("Biscoe", 168)


def test_every_finding_has_a_line(book: Workbook, handlers: Handlers, penguins: bytes) -> None:
    """The sheet has all findings, one a column, in the profile's order."""
    # Given what P1 found in a file
    findings = handlers.profile(penguins)["findings"]

    # When the sheet of findings is read, then it has the same, in the same order
    assert [line["Finding"] for line in rows(book["Findings"])] == [f["text"] for f in findings]
    assert rows(book["Findings"])[0]["Column"] == "Comments"


def test_headers_stay_in_sight_and_can_be_filtered(book: Workbook) -> None:
    """Panes are frozen below the header, and sensible widths are set."""
    # Given the long sheets, when one scrolls or filters, then each is made for it
    for name, pane in (("Columns", "B2"), ("Findings", "A2"), ("Distributions", "A2")):
        assert book[name].freeze_panes == pane
        assert book[name].auto_filter.ref is not None
        assert book[name].column_dimensions["A"].width > 10


def test_a_chart_draws_its_own_columns_rows(handlers: Handlers, penguins: bytes) -> None:
    """Each chart's title, categories and values are the rows of one column, all of them."""
    # Given the rows of each column in the sheet of distributions
    book = read(handlers.xlsx(penguins))
    lines = list(book["Distributions"].iter_rows(min_row=2, values_only=True))
    blocks: dict[object, list[int]] = {}
    for number, line in enumerate(lines, start=2):
        blocks.setdefault(line[0], []).append(number)

    # When it is asked what each chart draws
    charts = book["Charts"]._charts  # type: ignore[attr-defined] # openpyxl has no public way

    # Then it is the rows of one column, all of them, and no column is left out
    drawn = [_references(chart) for chart in charts]
    expected = [
        (
            f"Distributions!$A${numbers[0]}",
            _range("B", numbers),
            _range("C", numbers),
        )
        for numbers in blocks.values()
    ]
    assert drawn == expected
    assert len(drawn) == 17


def _range(column: str, numbers: list[int]) -> str:
    first, last = f"${column}${numbers[0]}", f"${column}${numbers[-1]}"
    return f"Distributions!{first}" + ("" if first == last else f":{last}")


def _references(chart: Any) -> tuple[str, str, str]:
    """Where title, categories and values are; openpyxl types each step as perhaps absent."""
    series = chart.ser[0]
    return chart.title.tx.strRef.f, series.cat.strRef.f, series.val.numRef.f


@pytest.mark.parametrize("value", FORMULAS)
def test_no_text_becomes_a_formula(handlers: Handlers, value: str) -> None:
    """Title, names and values that look like formulas are shown as they are."""
    # Given a file with what looks like a formula in its title, a name and its values
    quoted = value.replace('"', '""')

    # When its workbook is made
    data = handlers.xlsx(f'"{quoted}",b\n' + f'"{quoted}",1\n' * 3, value)

    # Then a spreadsheet sees text in every cell, and the only formulas are the charts' own
    cells = [cell for sheet in read(data) for line in sheet.iter_rows() for cell in line]
    assert [cell for cell in cells if cell.data_type == "f" or cell.hyperlink] == []
    assert [cell.value for cell in cells].count(value) >= 5
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert not [name for name in parts if "externalLink" in name]
    for part in parts.values():
        for formula in ET.fromstring(part).iter("{*}f"):  # noqa: S314 - our own file
            assert (formula.text or "").startswith("Distributions!")


def test_characters_xml_cannot_carry_do_not_break_the_file(handlers: Handlers) -> None:
    """Control characters in values and title leave every part of the file well-formed."""
    # Given characters that XML cannot carry or takes for its own
    content = "a,b\n" + '"x\x01\x0b\ufffe",1\n' * 3 + '"_x0041_ & <b>",2\n' * 90

    # When the workbook is made
    data = handlers.xlsx(content, "bad\x02title & <b>")

    # Then every part of it can be read, with a sign where a character was
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            ET.fromstring(archive.read(name))  # noqa: S314 - our own file
    values = [line["Value"] for line in rows(read(data)["Distributions"])]
    assert "x\ufffd\ufffd\ufffd" in values


@pytest.mark.parametrize("content", ["a\n1\n", "a,b\n,\n", "a,b\nx,y\n"])
def test_the_smallest_files_have_a_workbook(handlers: Handlers, content: str) -> None:
    """One row, one value or none at all: the workbook opens."""
    # Given a file with next to nothing in it, when its workbook is made, then it has every sheet
    assert len(read(handlers.xlsx(content)).sheetnames) == 5


def test_a_wide_file_has_all_its_columns_here(handlers: Handlers) -> None:
    """The page draws the first columns only; the workbook lists every one."""
    # Given more columns than a page draws
    header = ",".join(f"c{n}" for n in range(300))
    row = ",".join(str(n) for n in range(300))

    # When their workbook is made
    book = read(handlers.xlsx(f"{header}\n{row}\n"))

    # Then each has its line, and as many as on the page a chart
    assert len(rows(book["Columns"])) == 300
    assert len(book["Charts"]._charts) == 60  # type: ignore[attr-defined] # as above
