"""The page: complete, safe with hostile input, and in need of nothing from outside."""

import re

import pytest
from support.outline import Outline
from support.stages.handling import Handlers

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title></svg></style><b>",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt; &amp;",
    "javascript:alert(1)",
    "<!--",
    "]]>",
]
KINDS = "whole,real,day,moment,flag,word,code,nothing\n" + "".join(
    f"{n % 9},{n * 1.5},2024-01-{n % 28 + 1:02d},2024-01-01 {n % 24:02d}:00,"
    f"{['yes', 'no'][n % 2]},{['red', 'green'][n % 3 % 2]},u{n:04d},\n"
    for n in range(60)
)


@pytest.fixture
def page(handlers: Handlers, penguins: bytes) -> Outline:
    return Outline(handlers.html(penguins, "penguins.csv"))


def test_the_headline_tells_what_the_file_is(page: Outline) -> None:
    """Title, rows by columns, quality and findings stand before everything else."""
    # Given a real file's page, when its text is read, then the facts come before the columns
    assert (
        "penguins.csv 344 rows \u00d7 17 columns 53 kB, UTF-8, values separated by comma"
        in page.text
    )
    assert "Cells filled 94.3 % 336 of 5,848 are missing" in page.text
    assert "Duplicate rows 0 every row is different" in page.text
    assert page.text.index("What stands out") < page.text.index("Column by column")
    assert "Comments 290 of 344 values are missing (84.3 %)" in page.text


def test_the_same_finding_of_several_columns_is_told_once(page: Outline) -> None:
    """Four columns with two gaps each make one line with four names."""
    # Given four columns with equally many gaps, when the page is read, then one line names all
    assert page.text.count("2 of 344 values are missing (0.6 %)") == 1
    assert (
        "Culmen Length (mm) , Culmen Depth (mm) , Flipper Length (mm) , Body Mass (g) 2 of 344"
        in page.text
    )


def test_every_column_has_a_card_with_its_figures(page: Outline) -> None:
    """Charts and key figures are there for each kind of column."""
    # Given a file of 17 columns, when its page is read, then each has a card fit for its kind
    assert len(page.tags("article")) == 17
    assert "Body Mass (g) Whole number 342 values 2 missing" in page.text
    assert "Minimum 2,700 Median 4,050 Maximum 6,300" in page.text
    assert "First 9 Nov 2007 Last 1 Dec 2009 Format yyyy-mm-dd" in page.text
    assert "Biscoe 168 48.8 %" in page.text


def test_the_page_needs_nothing_else(page: Outline) -> None:
    """No script, no address, no font or picture from elsewhere."""
    # Given a page, when what it could load is looked for
    # Then there is nothing, and its own policy would let nothing through
    assert page.tags("script") == page.tags("link") == page.tags("img") == page.tags("iframe") == []
    assert page.all("src") == []
    assert all(address.startswith("#") for address in page.all("href"))
    policy = next(meta for meta in page.tags("meta") if "http-equiv" in meta)
    assert policy["content"].startswith("default-src 'none'; style-src 'unsafe-inline'")


def test_the_style_sheet_fetches_nothing(handlers: Handlers, penguins: bytes) -> None:
    """Style sheets can load things too; this one does not."""
    # Given a page with its style sheet
    html = handlers.html(penguins)

    # When addresses are looked for in it, then there are none
    assert re.findall(r"url\(|@import|https?://", html) == []


def test_links_lead_somewhere_and_ids_are_unique(page: Outline) -> None:
    """A name in the findings or the overview leads to its card."""
    # Given the ids on a page
    ids = page.all("id")

    # When its links are followed, then each meets one of them, and only one
    assert len(ids) == len(set(ids))
    assert {address[1:] for address in page.all("href")} <= set(ids)
    assert len(page.all("href")) >= 17
    assert set(page.all("aria-labelledby")) <= set(ids)


def test_charts_and_tables_say_what_they_show(page: Outline) -> None:
    """A reader who cannot see a drawing hears its title; decoration stays silent."""
    # Given a page's drawings, when they are asked for a title, then each has one or is hidden
    for drawing in page.tags("svg"):
        assert drawing.get("aria-hidden") == "true" or (
            drawing["role"] == "img" and drawing["aria-labelledby"]
        )

    # And when its tables are, then each has a caption and named heads
    assert len(page.tags("caption")) == len(page.tags("table")) == 2
    assert page.tags("html")[0]["lang"] == "en"
    assert all("scope" in head for head in page.tags("th"))
    assert "Histogram of Body Mass (g): 342 values, from 2,700 to 6,300, median 4,050" in page.text


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_text_stays_text(handlers: Handlers, value: str) -> None:
    """As title, column name, value or finding, markup is shown and never obeyed."""
    # Given a file with hostile text in every place, and the page of one with a plain word there
    quoted = value.replace('"', '""')
    rows = f'"{quoted}",1,"{quoted}"\n' * 12 + '"x",2,3\n' * 12
    plain = Outline(handlers.html("a,b,c\n" + rows.replace(quoted, "plain"), "plain"))

    # When the page is made
    page = Outline(handlers.html(f'"{quoted}",b,c\n{rows}', value))

    # Then the text is to be read on it, and its elements are those of the plain one
    shown = " ".join(value.split())
    assert page.text.count(shown) >= 4
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in plain.elements]
    assert [sorted(found) for _, found in page.elements] == [
        sorted(found) for _, found in plain.elements
    ]
    assert page.unbalanced == []


def test_every_kind_of_column_is_drawn(handlers: Handlers) -> None:
    """Numbers, dates, words, codes and empty columns each have their way."""
    # Given a file with a column of each kind, when its page is made
    page = Outline(handlers.html(KINDS))

    # Then all are named, and those that can be drawn are
    kinds = ["Whole number", "Number", "Date", "Date and time", "Yes/no", "Text", "Empty"]
    assert [kind for kind in kinds if kind not in page.text] == []
    assert page.unbalanced == []
    assert len([drawing for drawing in page.tags("svg") if drawing.get("role") == "img"]) == 4
    assert "u0000 u0001 u0002 u0003" in page.text
    assert "NaN" not in " ".join(page.all("x") + page.all("width") + page.all("height"))


@pytest.mark.parametrize(
    "content",
    ["a\n1\n", "a,b\n,\n", "a,b\n5,5\n5,5\n", "a,b\n2024-01-01,yes\n", "a,b\n1e90,-1e90\n3,4\n"],
)
def test_the_smallest_files_have_a_page(handlers: Handlers, content: str) -> None:
    """One row, one value or none at all: the page stands."""
    # Given a file with next to nothing in it, when its page is made
    page = Outline(handlers.html(content))

    # Then it is whole
    assert page.unbalanced == []
    assert "Column by column" in page.text


def test_a_file_without_findings_says_so(handlers: Handlers) -> None:
    """Nothing to report is worth a sentence."""
    # Given a file nothing is wrong with
    rows = "".join(f"{['red', 'blue', 'green'][n % 3]},{n * 7 % 25}\n" for n in range(19))

    # When its page is made, then it says so
    assert "Nothing: no missing values" in Outline(handlers.html("colour,size\n" + rows)).text


def test_a_very_wide_file_makes_no_giant_page(handlers: Handlers) -> None:
    """Of 1,000 columns the first are drawn, the page says how many, and stays below 1 MB."""
    # Given a file of as many columns as there may be
    header = ",".join(f"c{n}" for n in range(1000))
    row = ",".join(f"{n}.5" for n in range(1000))

    # When its page is made
    html = handlers.html(f"{header}\n{row}\n{row.replace('.5', '.7')}\n")

    # Then a part of them is on it, as it says, and no link leads to one that is not
    page = Outline(html)
    assert len(html) < 1_000_000
    assert len(page.tags("article")) == 60
    assert "The first 60 of 1,000 columns are drawn here" in page.text
    assert "The first 200 of 1,000 columns" in page.text
    assert {address[1:] for address in page.all("href")} <= set(page.all("id"))
