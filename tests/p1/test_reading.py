"""What counts as the same table: encodings, delimiters, line ends, quotes and headers."""

import pytest
from support.stages.handling import Handlers

TABLE = "name,größe\nada,1\nbob,2\n"


def shape(profile: dict[str, object]) -> object:
    return {**profile, "source": None, "findings": None}


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "cp1252", "latin-1"])
def test_every_encoding_gives_the_same_table(handlers: Handlers, codec: str) -> None:
    """Byte-order marks, UTF-16 and Western 8-bit text read like UTF-8."""
    expected = shape(handlers.profile(TABLE))

    assert shape(handlers.profile(TABLE.encode(codec))) == expected


def test_a_guessed_encoding_is_a_finding(handlers: Handlers) -> None:
    """What is not UTF-8 was guessed, and the user is told the guess."""
    profile = handlers.profile(TABLE.encode("cp1252"))

    assert profile["source"]["encoding"] == "Windows-1252"
    assert "read as Windows-1252" in handlers.findings(TABLE.encode("cp1252"))["encoding"]
    assert "encoding" not in handlers.findings(TABLE)


def test_bytes_that_windows_does_not_define_are_latin_1(handlers: Handlers) -> None:
    """The last resort takes any byte."""
    assert handlers.profile(b"a,b\n\x81\xe9,1\n")["source"]["encoding"] == "Latin-1"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_detected(handlers: Handlers, delimiter: str) -> None:
    """Whichever character separates, the table is the same."""
    expected = shape(handlers.profile(TABLE))

    assert shape(handlers.profile(TABLE.replace(",", delimiter))) == expected


def test_decimal_commas_do_not_mislead_the_detection(handlers: Handlers) -> None:
    """A semicolon file full of decimal commas is a semicolon file."""
    profile = handlers.profile("a;b;c\n1,5;2,5;3,5\n1,25;2,5;3,5\n")

    assert profile["source"]["delimiter"] == "semicolon"
    assert [column["name"] for column in profile["columns"]] == ["a", "b", "c"]


@pytest.mark.parametrize("asked", ["~", " ", ":"])
def test_an_asked_delimiter_is_used(handlers: Handlers, asked: str) -> None:
    """Any single character the user names will do."""
    profile = handlers.profile(f"a{asked}b\n1,5{asked}2\n", asked)

    assert [column["name"] for column in profile["columns"]] == ["a", "b"]


@pytest.mark.parametrize("asked", ["tab", "\\t", "\t"])
def test_a_tab_may_be_spelled(handlers: Handlers, asked: str) -> None:
    """A tab is hard to type into a form."""
    assert handlers.profile("a\tb\n1\t2\n", asked)["source"]["delimiter"] == "tab"


@pytest.mark.parametrize("asked", [None, ";"])
def test_the_hint_of_excel_is_no_header(handlers: Handlers, asked: str | None) -> None:
    """A first line `sep=;` names the delimiter and is not a row."""
    profile = handlers.profile("sep=;\r\na;b\r\n1;2\r\n", asked)

    assert [column["name"] for column in profile["columns"]] == ["a", "b"]
    assert "Line 4 has 1 value" in handlers.refusal("sep=;\na;b\n1;2\n3\n")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_will_do(handlers: Handlers, end: str) -> None:
    """Unix, Windows and old Macintosh files read alike, with or without a last line end."""
    expected = shape(handlers.profile(TABLE))

    assert shape(handlers.profile(TABLE.replace("\n", end))) == expected
    assert shape(handlers.profile(TABLE.rstrip().replace("\n", end))) == expected


def test_quoted_values_may_hold_anything(handlers: Handlers) -> None:
    """Delimiters, quotes and line breaks inside quotes belong to the value."""
    profile = handlers.profile('a,b\n"x, ""y""\nz",1\n"x, ""y""\nz",2\n')

    assert profile["rows"] == 2
    assert profile["columns"][0]["text"]["top"] == [{"value": 'x, "y"\nz', "count": 2}]


def test_blank_lines_are_skipped_and_told(handlers: Handlers) -> None:
    """Blank lines are no rows; DOS's end of file is none either."""
    content = "a,b\n\n1,2\n   \n3,4\n\x1a"

    assert handlers.profile(content)["rows"] == 2
    assert handlers.findings(content)["blank-lines"] == "3 blank lines were skipped."


def test_rows_of_delimiters_only_are_rows_without_values(handlers: Handlers) -> None:
    """Spreadsheets export emptied rows; they are kept, counted and told."""
    content = "a,b\n1,2\n,\n,\n"

    assert handlers.profile(content)["empty_rows"] == 2
    assert handlers.findings(content)["empty-rows"] == "2 rows have no value in any column."


def test_a_single_column_is_a_table(handlers: Handlers) -> None:
    """One column needs no delimiter; the user is asked whether that is right."""
    profile = handlers.profile("word\nada\nbob\n")

    assert (profile["rows"], len(profile["columns"])) == (2, 1)
    assert profile["duplicate_rows"] is None
    assert "Only one column" in handlers.findings("word\nada\nbob\n")["one-column"]


def test_names_are_made_unique_and_complete(handlers: Handlers) -> None:
    """Blank and repeated names get one of their own, and a finding each."""
    profile = handlers.profile("a,,a, b  c ,a (2),\n1,2,3,4,5,6\n")

    names = [column["name"] for column in profile["columns"]]
    assert names == ["a", "column 2", "a (2)", "b c", "a (2) (2)", "column 6"]
    codes = [(found["code"], found["column"]) for found in profile["findings"]]
    assert ("blank-name", 1) in codes
    assert ("duplicate-name", 2) in codes
    assert ("duplicate-name", 4) in codes
    assert ("blank-name", 5) in codes


def test_a_header_of_numbers_is_doubted(handlers: Handlers) -> None:
    """A file without a header loses its first row to one, so the user is warned."""
    assert "only numbers" in handlers.findings("1,2\n3,4\n")["header-is-data"]
    assert "header-is-data" not in handlers.findings("1,b\n3,4\n")


def test_a_long_value_is_kept_but_cut_in_the_profile(handlers: Handlers) -> None:
    """A value of 100,000 characters is valid; the profile shows its beginning and length."""
    text = handlers.profile(f"a,b\n{'x' * 100_000},1\n")["columns"][0]["text"]

    assert text["longest"] == 100_000
    assert text["longest_value"] == "x" * 199 + "…"


def test_a_thousand_columns_are_a_table(handlers: Handlers) -> None:
    """The limit itself is within the limit."""
    header = ",".join(f"c{n}" for n in range(1000))
    row = ",".join(str(n) for n in range(1000))

    assert len(handlers.profile(f"{header}\n{row}\n{row}\n")["columns"]) == 1000
