"""What counts as the same table: encodings, delimiters, line ends, quotes and headers."""

import pytest
from support.stages.handling import Handlers

TABLE = "name,größe\nada,1\nbob,2\n"


def shape(profile: dict[str, object]) -> object:
    return {**profile, "source": None, "findings": None}


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "cp1252", "latin-1"])
def test_every_encoding_gives_the_same_table(handlers: Handlers, codec: str) -> None:
    """Byte-order marks, UTF-16 and Western 8-bit text read like UTF-8."""
    # Given the profile of a table in UTF-8
    expected = shape(handlers.profile(TABLE))

    # When it comes in another encoding, then the profile is the same
    assert shape(handlers.profile(TABLE.encode(codec))) == expected


def test_a_guessed_encoding_is_a_finding(handlers: Handlers) -> None:
    """What is not UTF-8 was guessed, and the user is told the guess."""
    # Given a file in the encoding of Windows, when it is profiled
    profile = handlers.profile(TABLE.encode("cp1252"))

    # Then the guess is told, while UTF-8 is worth no word
    assert profile["source"]["encoding"] == "Windows-1252"
    assert "read as Windows-1252" in handlers.findings(TABLE.encode("cp1252"))["encoding"]
    assert "encoding" not in handlers.findings(TABLE)


def test_bytes_that_windows_does_not_define_are_latin_1(handlers: Handlers) -> None:
    """The last resort takes any byte."""
    # Given a byte Windows has no character for, when it is read, then it is taken for Latin-1
    assert handlers.profile(b"a,b\n\x81\xe9,1\n")["source"]["encoding"] == "Latin-1"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_detected(handlers: Handlers, delimiter: str) -> None:
    """Whichever character separates, the table is the same."""
    # Given the profile of a table with commas
    expected = shape(handlers.profile(TABLE))

    # When another character separates, then the profile is the same
    assert shape(handlers.profile(TABLE.replace(",", delimiter))) == expected


def test_decimal_commas_do_not_mislead_the_detection(handlers: Handlers) -> None:
    """A semicolon file full of decimal commas is a semicolon file."""
    # Given a file with a comma in each of its values, when it is profiled
    profile = handlers.profile("a;b;c\n1,5;2,5;3,5\n1,25;2,5;3,5\n")

    # Then the semicolons separate
    assert profile["source"]["delimiter"] == "semicolon"
    assert [column["name"] for column in profile["columns"]] == ["a", "b", "c"]


@pytest.mark.parametrize("asked", ["~", " ", ":"])
def test_an_asked_delimiter_is_used(handlers: Handlers, asked: str) -> None:
    """Any single character the user names will do."""
    # Given a file with one comma in a value, when its user names another character
    profile = handlers.profile(f"a{asked}b\n1,5{asked}2\n", asked)

    # Then that one separates
    assert [column["name"] for column in profile["columns"]] == ["a", "b"]


@pytest.mark.parametrize("asked", ["tab", "\\t", "\t"])
def test_a_tab_may_be_spelled(handlers: Handlers, asked: str) -> None:
    """A tab is hard to type into a form."""
    # Given a file with tabs, when its user spells one, then tabs separate
    assert handlers.profile("a\tb\n1\t2\n", asked)["source"]["delimiter"] == "tab"


@pytest.mark.parametrize("asked", [None, ";"])
def test_the_hint_of_excel_is_no_header(handlers: Handlers, asked: str | None) -> None:
    """A first line `sep=;` names the delimiter and is not a row."""
    # Given a file with Excel's first line, when it is profiled, whether or not the user asks
    profile = handlers.profile("sep=;\r\na;b\r\n1;2\r\n", asked)

    # Then the second line is the header, and lines still count from the first
    assert [column["name"] for column in profile["columns"]] == ["a", "b"]
    assert "Line 4 has 1 value" in handlers.refusal("sep=;\na;b\n1;2\n3\n")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_will_do(handlers: Handlers, end: str) -> None:
    """Unix, Windows and old Macintosh files read alike, with or without a last line end."""
    # Given the profile of a table with Unix's line ends
    expected = shape(handlers.profile(TABLE))

    # When it has others, or none on its last line, then the profile is the same
    assert shape(handlers.profile(TABLE.replace("\n", end))) == expected
    assert shape(handlers.profile(TABLE.rstrip().replace("\n", end))) == expected


def test_quoted_values_may_hold_anything(handlers: Handlers) -> None:
    """Delimiters, quotes and line breaks inside quotes belong to the value."""
    # Given values in quotes with all that separates values outside, when they are profiled
    profile = handlers.profile('a,b\n"x, ""y""\nz",1\n"x, ""y""\nz",2\n')

    # Then each is one value, as it was meant
    assert profile["rows"] == 2
    assert profile["columns"][0]["text"]["top"] == [{"value": 'x, "y"\nz', "count": 2}]


def test_blank_lines_are_skipped_and_told(handlers: Handlers) -> None:
    """Blank lines are no rows; DOS's end of file is none either."""
    # Given lines without a value between rows, and DOS's mark at the end
    content = "a,b\n\n1,2\n   \n3,4\n\x1a"

    # When they are profiled, then they are no rows but are told
    assert handlers.profile(content)["rows"] == 2
    assert handlers.findings(content)["blank-lines"] == "3 blank lines were skipped."


def test_rows_of_delimiters_only_are_rows_without_values(handlers: Handlers) -> None:
    """Spreadsheets export emptied rows; they are kept, counted and told."""
    # Given two rows of which a spreadsheet has left the delimiters
    content = "a,b\n1,2\n,\n,\n"

    # When they are profiled, then they are rows and are told
    assert handlers.profile(content)["empty_rows"] == 2
    assert handlers.findings(content)["empty-rows"] == "2 rows have no value in any column."


def test_a_single_column_is_a_table(handlers: Handlers) -> None:
    """One column needs no delimiter; the user is asked whether that is right."""
    # Given a file of one column, when it is profiled
    profile = handlers.profile("word\nada\nbob\n")

    # Then it is a table whose repeated rows nobody counts, and that is doubted
    assert (profile["rows"], len(profile["columns"])) == (2, 1)
    assert profile["duplicate_rows"] is None
    assert "Only one column" in handlers.findings("word\nada\nbob\n")["one-column"]


def test_names_are_made_unique_and_complete(handlers: Handlers) -> None:
    """Blank and repeated names get one of their own, and a finding each."""
    # Given blank names, repeated ones and one like those we make, when they are profiled
    profile = handlers.profile("a,,a, b  c ,a (2),\n1,2,3,4,5,6\n")

    # Then every name is another, and those that were made are told
    names = [column["name"] for column in profile["columns"]]
    assert names == ["a", "column 2", "a (2)", "b c", "a (2) (2)", "column 6"]
    codes = [(found["code"], found["column"]) for found in profile["findings"]]
    assert ("blank-name", 1) in codes
    assert ("duplicate-name", 2) in codes
    assert ("duplicate-name", 4) in codes
    assert ("blank-name", 5) in codes


def test_a_header_of_numbers_is_doubted(handlers: Handlers) -> None:
    """A file without a header loses its first row to one, so the user is warned."""
    # Given a first line of numbers alone, when it is profiled, then it is doubted
    assert "only numbers" in handlers.findings("1,2\n3,4\n")["header-is-data"]

    # Given one with a word in it, when it is profiled, then it is not
    assert "header-is-data" not in handlers.findings("1,b\n3,4\n")


def test_a_long_value_is_kept_but_cut_in_the_profile(handlers: Handlers) -> None:
    """A value of 100,000 characters is valid; the profile shows its beginning and length."""
    # Given a value of 100,000 characters, when it is profiled
    text = handlers.profile(f"a,b\n{'x' * 100_000},1\n")["columns"][0]["text"]

    # Then its length is told whole, and its text by its beginning
    assert text["longest"] == 100_000
    assert text["longest_value"] == "x" * 199 + "…"


def test_a_thousand_columns_are_a_table(handlers: Handlers) -> None:
    """The limit itself is within the limit."""
    # Given as many columns as there may be
    header = ",".join(f"c{n}" for n in range(1000))
    row = ",".join(str(n) for n in range(1000))

    # When they are profiled, then all are there
    assert len(handlers.profile(f"{header}\n{row}\n{row}\n")["columns"]) == 1000
