"""Files that are no sound CSV: each is refused in words its owner understands."""

import pytest
from support.stages.handling import Handlers

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "The file is empty"),
        (b"\n\r\n  \n", "The file is empty: it holds blank lines only"),
        (b"\xef\xbb\xbf", "The file is empty"),
        (b"name,age\n", "has a header (“name”, “age”) but no rows below it"),
        (b"name,age", "has a header (“name”, “age”) but no rows"),
        (b"name,age\n\n\n", "no rows below it"),
        (PNG, "a PNG image"),
        (b"PK\x03\x04rest", "ZIP file or Excel workbook. In Excel, save"),
        (b"%PDF-1.7 text", "a PDF document"),
        (b"\x1f\x8b\x08", "a gzip archive"),
        (b"a,b\n1,\x00\n", "The file is not text"),
        ("a,b\n1,2\n".encode("utf-16-le"), "The file is not text"),
        (bytes(range(1, 32)) * 20, "The file is not text"),
        (b"\xff\xfea\x00,\x00b\x00\n\x00\x00\xd8", "begins as UTF-16 text but is damaged"),
    ],
)
def test_what_is_no_table_is_told_apart(handlers: Handlers, content: bytes, says: str) -> None:
    """Empty files, lone headers and other kinds of files each have a sentence of their own."""
    # Given what is no table, when it is profiled, then it is refused by what it is
    assert says in handlers.refusal(content)


def test_one_ragged_row_is_named_by_its_line(handlers: Handlers) -> None:
    """The line, what it has and what the header names stand in one sentence."""
    # Given one row with a value too few, when it is profiled
    message = handlers.refusal("a,b,c\n1,2,3\n1,2\n1,2,3\n")

    # Then the message leads to it, and says how it may be mended
    assert message == (
        "Line 3 has 2 values but the header names 3 columns. Fix this line, or put values that "
        "contain a comma in double quotes."
    )


def test_all_ragged_rows_are_told_at_once(handlers: Handlers) -> None:
    """The user learns of every such line in one go, the first ones by number."""
    # Given three rows with a value too many
    rows = ["1;2;3;4;5"] * 50
    for line in (17, 18, 40):
        rows[line - 2] = "1;2;3;4;5;6"

    # When they are profiled
    message = handlers.refusal("a;b;c;d;e\n" + "\n".join(rows))

    # Then one message names all three
    assert message == (
        "Line 17 has 6 values but the header names 5 columns; 3 lines are like that "
        "(17, 18, 40). Fix these lines, or put values that contain a semicolon in double quotes."
    )


def test_of_very_many_ragged_rows_the_first_are_named(handlers: Handlers) -> None:
    """A thousand bad lines do not make a message of a thousand numbers."""
    # Given a thousand rows with a value too many, when they are profiled
    message = handlers.refusal("a,b\n" + "1,2,3\n" * 1000)

    # Then ten are named and the others counted
    assert "1,000 lines are like that (2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 990 more)" in message


def test_lines_are_counted_as_an_editor_counts_them(handlers: Handlers) -> None:
    """Line breaks inside quotes, blank lines and a first blank line all count."""
    # Given a bad row behind all that makes lines without being a row
    content = '\na,b\r\n"two\r\nlines",1\r\n\r\n"x\ny\nz",2\r\n1,2,3\r\n'

    # When it is profiled, then its line is the editor's
    assert handlers.refusal(content).startswith("Line 9 has 3 values")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('a,b\n1,2\n3,"open\n5,6\n', 'A double quote (") is opened on line 3 and never closed'),
        ('a,b\n1,2\n"x"y,2\n', "On line 3 text follows a closing double quote"),
        ('a,b\n1,2\n3,"' + "long " * 30_000, "A value that begins on line 3 is longer than"),
        ('"a,b\n1,2\n', "is opened on line 1 and never closed"),
    ],
)
def test_quotes_that_do_not_match_are_named(handlers: Handlers, content: str, says: str) -> None:
    """The message leads to the line where the quote is, not to the file's end."""
    # Given a quote that does not match, when it is profiled, then its line is told
    assert says in handlers.refusal(content)


def test_the_line_of_a_fault_counts_every_row_before(handlers: Handlers) -> None:
    """Rows are read hundreds at a time; a fault's line is still exact."""
    # Given a fault behind many rows of two lines each
    content = "a,b\n" + '"1\n1",2\n' * 1234 + '"x"y,2\n'

    # When it is profiled, then its line counts them all
    assert "On line 2,470 text follows" in handlers.refusal(content)


def test_too_many_columns_are_refused(handlers: Handlers) -> None:
    """A header of 1,001 names is over the limit, and the message says both numbers."""
    # Given one column more than there may be, when it is profiled
    message = handlers.refusal(",".join(f"c{n}" for n in range(1001)) + "\n")

    # Then it is refused with both numbers
    assert "names 1,001 columns; the limit is 1,000" in message


@pytest.mark.parametrize("delimiter", ["ab", '"', "\n", "x", "7"])
def test_a_delimiter_that_cannot_separate_is_refused(handlers: Handlers, delimiter: str) -> None:
    """Letters, digits, quotes and line ends are no delimiters."""
    # Given a delimiter that values may contain, when a user names it, then it is refused
    assert "cannot separate values" in handlers.refusal("a,b\n1,2\n", delimiter)
